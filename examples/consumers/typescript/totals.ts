// Adds up each customer's orders in PostgreSQL. README.md says how to run it.
import { createInterface } from "node:readline";
import pg from "pg";

type Row = { customer: string; cents: number };
type Event = { source: string; id: string; data: { op: string; after: Row | null } };

const db = new pg.Client(process.argv[2]);
await db.connect();
await db.query(`
  SELECT pg_advisory_xact_lock(4711);  -- Two workers that start at once would both create them.
  CREATE TABLE IF NOT EXISTS totals (customer text PRIMARY KEY, orders bigint, cents bigint);
  CREATE TABLE IF NOT EXISTS inbox (source text, id text, seen timestamptz DEFAULT now(), PRIMARY KEY (source, id));
  CREATE INDEX IF NOT EXISTS inbox_seen ON inbox (seen);`);

const claim = "INSERT INTO inbox (source, id) VALUES ($1, $2) ON CONFLICT DO NOTHING";
// A few at a time, so that nobody waits. README.md says how long ids have to stay.
const forget = `DELETE FROM inbox WHERE (source, id) IN (
  SELECT source, id FROM inbox WHERE seen < now() - interval '30 days' LIMIT $1 FOR UPDATE SKIP LOCKED)`;

async function apply({ op, after }: Event["data"]) {
  if (op !== "insert" && op !== "read") return;
  if (!after?.customer || !Number.isInteger(after.cents)) throw new TypeError("this is not an order");
  await db.query(
    `INSERT INTO totals AS t VALUES ($1, 1, $2) ON CONFLICT (customer)
     DO UPDATE SET orders = t.orders + 1, cents = t.cents + excluded.cents`,
    [after.customer, after.cents]);
}

// One transaction: what is applied is remembered, and what is not is not.
async function handle(events: Event[]): Promise<string> {
  await db.query("BEGIN");
  try {
    for (const event of events) {
      if ((await db.query(claim, [event.source, event.id])).rowCount) await apply(event.data);
    }
    await db.query(forget, [2 * events.length]);
    await db.query("COMMIT");
    return "ok";
  } catch (error) {
    await db.query("ROLLBACK");
    if (error instanceof TypeError) return `reject ${error.message}`;
    if ((error as { code?: string }).code === "40P01") return "retry deadlock"; // With another worker.
    throw error; // Ends the program; it is started again.
  }
}

let events: Event[] = [];
for await (const line of createInterface({ input: process.stdin })) {
  if (line) events.push(JSON.parse(line));
  if (line && process.env.HEADWATER_BATCH) continue;
  console.log(await handle(events));
  events = [];
}
await db.end();
