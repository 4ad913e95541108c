// What Headwater runs on the server. Redis runs a script without interruption, so each is one step
// for everybody else.
#pragma once

#include <string>

namespace headwater::redis::scripts {

// All take the keys of the stream and of the tails, and answer with a list that begins with a word.
// Those which need the stream to be as Headwater left it answer `broken FORMAT LAST ID` if it is
// not: FORMAT and LAST are what the hash says, ID the last one in the stream.

/// RELAY TOUCH → `tail SEQUENCE POSITION SOURCE`. A TOUCH of 1 writes something, so that WAIT has
/// something to wait for.
extern const std::string tail;
/// RELAY EXPECTED_SEQUENCE EXPECTED_POSITION POSITION SOURCE; then, if there are events, of each
/// kind KIND SOURCE TYPE, KIND being a number; the word `events`; of each event KIND ID SUBJECT
/// TIME PARTITION_KEY DATA → `appended SEQUENCE`, or `conflict SEQUENCE`.
extern const std::string append;
/// → `created`, `there`, or `foreign LENGTH`.
extern const std::string prepare;
/// RELAY → `removed COUNT`.
extern const std::string remove;
/// And the key of the consumers. LENGTH (or "") AGE (or "": the time before which events may go)
/// KEEP (1: what a consumer needs) MOST BYTES (of those whose age is looked at, in all) → `removed
/// COUNT MORE`; a MORE of 1: because of MOST or BYTES it has not removed all that may go.
extern const std::string trim;

/// The key of the consumers. CONSUMER SEQUENCE → `acknowledged SEQUENCE`.
extern const std::string acknowledge;

}  // namespace headwater::redis::scripts
