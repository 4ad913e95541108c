// Uses the page of the orders example as a person would, and prints what it saw as JSON.
//     node page.mjs URL SCREENSHOT
import { createRequire } from "node:module";

const { chromium } = createRequire(process.env.PLAYWRIGHT + "/")("playwright-core");
const [address, screenshot] = process.argv.slice(2);
const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync"];
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: flags });
const page = await browser.newPage({ viewport: { width: 1280, height: 960 } });
const errors = [];
page.on("pageerror", error => errors.push(String(error)));
page.on("console", message => message.type() === "error" && errors.push(message.text()));

const press = name => page.click(`button[data-do=${name}]`);
const number = async id => Number(await page.textContent("#" + id));
const idle = () => page.waitForFunction(() => !document.querySelector("button[data-do=audit]").disabled);

page.setDefaultTimeout(300_000);
await page.goto(address);
await page.waitForSelector("body[data-ready]");
await press("traffic"); // No order a second from here on.
await page.waitForFunction(() => document.getElementById("traffic").textContent.includes("again"));

const before = await page.textContent("#verdict");
await press("story");
await page.waitForSelector("#verdict.good, #verdict.wrong");
await idle();
const verdict = await page.textContent("#verdict"), audited = await number("orders");

await press("consumers_offline");
await page.waitForFunction(() =>
  [...document.querySelectorAll("[data-consumer]")].every(it => it.textContent.includes("20 behind")));
const down = await page.$$eval("[data-consumer] .chip.down", all => all.length);
await page.evaluate(() => scrollTo(0, 0));
await page.screenshot({ path: screenshot });
await idle();
await page.waitForFunction(() => {
  const orders = document.getElementById("orders").textContent;
  const events = document.getElementById("events").textContent;
  const handled = [...document.querySelectorAll("[data-consumer]")].map(it => it.dataset.handled);
  return [events, ...handled].every(count => count === orders);
});
const result = {
  before, verdict, audited, down, orders: await number("orders"), events: await number("events"),
  consumers: await page.$$eval("[data-consumer]", all => all.map(it => it.textContent)), errors,
};
console.log(JSON.stringify(result));
await browser.close();
