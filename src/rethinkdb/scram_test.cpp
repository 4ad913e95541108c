#include "src/rethinkdb/scram.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "testing/rethinkdb/scram_server.h"

namespace headwater::rethinkdb {
namespace {

using testing::HasSubstr;

/// RFC 7677, 3.
struct Example {
  std::string nonce = "rOprNGfwEbeRWgbNEkqO";
  std::string both = nonce + "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
  std::string challenge = "r=" + both + ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
  std::string answer = "c=biws,r=" + both + ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
  std::string proof = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";
  ScramClient client{{.user = "user", .password = "pencil"}, nonce};
};

TEST(RethinkdbScram, TheExampleOfTheRfc) {
  Example of;
  EXPECT_EQ(of.client.first_message(), "n,,n=user,r=" + of.nonce);
  const auto answer = of.client.final_message(of.challenge);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(*answer, of.answer);
  EXPECT_TRUE(of.client.verify(of.proof));
}

TEST(RethinkdbScram, AServerThatDoesNotKnowThePasswordIsNotTrusted) {
  Example of;
  ASSERT_TRUE(of.client.final_message(of.challenge));
  std::string other = of.proof;
  other[2] = 'a';
  const auto verified = of.client.verify(other);
  ASSERT_FALSE(verified);
  EXPECT_EQ(verified.error().name, "source.untrusted");
  EXPECT_EQ(verified.error().remedy, Remedy::stop);
  EXPECT_EQ(of.client.verify("v=").error().name, "source.untrusted");
  EXPECT_EQ(of.client.verify("e=other-error").error().name, "source.bad_message");
}

TEST(RethinkdbScram, RefusesOtherChallenges) {
  const Example of;
  const std::string salt = ",s=W22ZaJ0SNY7soEsUEjb6gQ==";
  for (const std::string& challenge : {
           std::string(),
           std::string("r="),
           "m=ext," + of.challenge,
           "r=" + of.both,
           "r=" + of.both + salt,
           "r=" + of.both + salt + ",i=",
           "r=" + of.both + salt + ",i=0",
           "r=" + of.both + salt + ",i=-1",
           "r=" + of.both + salt + ",i=4096x",
           "r=" + of.both + salt + ",i=99999999999",
           "r=" + of.both + ",s=,i=4096",
           "r=" + of.both + ",s=!,i=4096",
           // Of another login, and without the server's part.
           "r=else" + salt + ",i=4096",
           "r=" + of.nonce + salt + ",i=4096",
       }) {
    Example fresh;
    const auto answer = fresh.client.final_message(challenge);
    ASSERT_FALSE(answer) << challenge;
    EXPECT_EQ(answer.error().name, "source.bad_message") << challenge;
  }
}

TEST(RethinkdbScram, IterationsAreBounded) {
  Example of;
  const auto answer = of.client.final_message("r=" + of.both + ",s=W22ZaJ0=,i=1000001");
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().message, HasSubstr("1000001 iterations"));
}

TEST(RethinkdbScram, NoncesDiffer) {
  const std::string nonce = new_nonce();
  EXPECT_EQ(nonce.size(), 24U);
  EXPECT_NE(nonce, new_nonce());
  EXPECT_EQ(nonce.find(','), std::string::npos);
}

TEST(RethinkdbScram, BothHalvesAgree) {
  for (const std::string name : {"admin", "a=b", "a,b", "=2C", ",,==", "Zoë"}) {
    for (const std::string password : {"", "secret", "with, and =", "pässword"}) {
      const Account account{.user = name, .password = password, .iterations = 2};
      ScramServer server({account}, "theirs");
      ScramClient client({.user = name, .password = password}, "ours");
      const auto challenge = server.first(client.first_message());
      ASSERT_TRUE(challenge) << challenge.error().message;
      const auto answer = client.final_message(*challenge);
      ASSERT_TRUE(answer) << answer.error().message;
      const auto proof = server.last(*answer);
      ASSERT_TRUE(proof) << name << ": " << proof.error().message;
      EXPECT_TRUE(client.verify(*proof)) << name;
    }
  }
}

TEST(RethinkdbScram, AWrongPasswordIsRefusedByTheServer) {
  ScramServer server({{.password = "right"}}, "theirs");
  ScramClient client({.password = "wrong"}, "ours");
  const auto challenge = server.first(client.first_message());
  ASSERT_TRUE(challenge);
  const auto proof = server.last(*client.final_message(*challenge));
  ASSERT_FALSE(proof);
  EXPECT_EQ(proof.error().code, 12);
}

}  // namespace
}  // namespace headwater::rethinkdb
