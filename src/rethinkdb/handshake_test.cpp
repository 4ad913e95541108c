#include "src/rethinkdb/handshake.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "src/rethinkdb/failure.h"

namespace headwater::rethinkdb {
namespace {

using testing::HasSubstr;

const std::string nul(1, '\0');
const std::string greeting =
    R"({"success":true,"min_protocol_version":0,"max_protocol_version":0,"server_version":"2.4.4"})" +
    nul;

/// RFC 7677's example as RethinkDB wraps it.
const std::string challenge =
    R"({"success":true,"authentication":"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,)"
    R"(s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"})" +
    nul;
const std::string proof =
    R"({"success":true,"authentication":"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="})" + nul;

Handshake example() {
  return Handshake({.user = "user", .password = "pencil"}, "rOprNGfwEbeRWgbNEkqO");
}

/// The error that ends the login when the server sends this.
Error error_after(const std::string& text) {
  Handshake handshake = example();
  for (std::string_view bytes = text; !bytes.empty();) {
    if (handshake.done()) return {.name = "done"};
    const auto taken = handshake.take(bytes);
    if (!taken) return taken.error();
  }
  return {.name = "none"};
}

TEST(RethinkdbHandshake, SpeaksV1_0) {
  const Handshake handshake = example();
  EXPECT_EQ(handshake.begin(),
            std::string("\xc3\xbd\xc2\x34") +
                R"({"protocol_version":0,"authentication_method":"SCRAM-SHA-256",)"
                R"("authentication":"n,,n=user,r=rOprNGfwEbeRWgbNEkqO"})" +
                nul);
}

TEST(RethinkdbHandshake, InAnyPieces) {
  const std::string all = greeting + challenge + proof;
  for (std::size_t cut = 0; cut <= all.size(); cut += 7) {
    Handshake handshake = example();
    std::string sent;
    for (const std::string& piece : {all.substr(0, cut), all.substr(cut)}) {
      std::string_view bytes = piece;
      while (!bytes.empty()) {
        ASSERT_FALSE(handshake.done());
        const auto taken = handshake.take(bytes);
        ASSERT_TRUE(taken) << taken.error().message;
        sent += *taken;
      }
    }
    EXPECT_TRUE(handshake.done());
    EXPECT_EQ(handshake.server_version(), "2.4.4");
    EXPECT_EQ(sent,
              R"({"authentication":"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,)"
              R"(p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="})" +
                  nul);
  }
}

TEST(RethinkdbHandshake, TakesNoMoreThanItsOwn) {
  Handshake handshake = example();
  const std::string all = greeting + challenge + proof + "rest";
  std::string_view bytes = all;
  while (!handshake.done()) ASSERT_TRUE(handshake.take(bytes));
  EXPECT_EQ(bytes, "rest");
}

TEST(RethinkdbHandshake, ARefusalSaysWhatToDo) {
  const Error password = error_after(
      greeting + challenge + R"({"success":false,"error":"Wrong password","error_code":12})" + nul);
  EXPECT_EQ(password.name, "source.unauthorized");
  EXPECT_EQ(password.remedy, Remedy::stop);
  EXPECT_THAT(password.message, HasSubstr("login of user was refused: Wrong password (12)"));
  EXPECT_THAT(password.next, HasSubstr("update({password: '...'})"));
  const Error user =
      error_after(greeting + R"({"success":false,"error":"Unknown user","error_code":17})" + nul);
  EXPECT_EQ(user.name, "source.unauthorized");
  EXPECT_THAT(user.next, HasSubstr("table('users')"));
  const Error version = error_after(
      R"({"success":false,"error":"Unsupported `protocol_version`.","error_code":2})" + nul);
  EXPECT_EQ(version.name, "source.refused");
  const Error cryptography =
      error_after(R"({"success":false,"error":"no entropy","error_code":22})" + nul);
  EXPECT_EQ(cryptography.remedy, Remedy::retry);
}

TEST(RethinkdbHandshake, AnUnknownUserWithACommaHearsOfTheServersFault) {
  EXPECT_THAT(login_refused(17, "Unknown user", "a,b").next, HasSubstr("misread"));
}

TEST(RethinkdbHandshake, KnowsStrangersByTheirFirstByte) {
  for (const char* text : {"HTTP/1.1 400 Bad Request", "RethinkDB cluster\n", "\n", "SSH-2.0"}) {
    const Error error = error_after(text);
    EXPECT_EQ(error.name, "source.bad_message") << text;
    EXPECT_THAT(error.next, HasSubstr("28015"));
  }
  EXPECT_THAT(error_after("\x15\x03\x03").next, HasSubstr("tls"));
}

TEST(RethinkdbHandshake, AnOldServerIsNamed) {
  const Error old = error_after("ERROR: Received an unsupported protocol version.\n" + nul);
  EXPECT_EQ(old.name, "source.refused");
  EXPECT_THAT(old.message, HasSubstr("Received an unsupported protocol version."));
  EXPECT_THAT(old.next, HasSubstr("2.3"));
  const Error newer =
      error_after(R"({"success":true,"min_protocol_version":1,"max_protocol_version":2})" + nul);
  EXPECT_EQ(newer.name, "source.refused");
}

/// After the greeting.
std::string second(const std::string& message) { return (greeting + message) += nul; }

TEST(RethinkdbHandshake, RefusesEverythingElse) {
  for (const std::string& text :
       {nul, "{" + nul, "{}" + nul, R"({"success":1})" + nul, "Error" + nul,
        second(R"({"success":true})"), second(R"({"success":true,"authentication":1})"),
        second(R"({"success":true,"authentication":"r=else,s=AA==,i=1"})"),
        std::string(longest_handshake_message + 1, '{')}) {
    EXPECT_EQ(error_after(text).name, "source.bad_message") << text.substr(0, 80);
  }
  EXPECT_EQ(
      error_after(greeting + challenge + R"({"success":true,"authentication":"v=AAAA"})" + nul)
          .name,
      "source.untrusted");
}

}  // namespace
}  // namespace headwater::rethinkdb
