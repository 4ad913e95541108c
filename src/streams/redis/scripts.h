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
/// LIFE, for a stream that has none → `created`, `there`, or `foreign LENGTH`.
extern const std::string prepare;
/// RELAY → `removed COUNT`.
extern const std::string remove;
/// LENGTH (or ""), of the events that stay; AGE (or "") and NOW, in milliseconds; KEEP (1: what a
/// consumer needs); MOST events → `removed COUNT MORE`; a MORE of 1: because of MOST it has not
/// removed all that may go.
extern const std::string trim;

// These take the key of the consumers as well, and need no more of the stream than its life.

/// CONSUMER SEQUENCE LIFE, the reader's own → `acknowledged SEQUENCE`; or what reads the place and
/// LIFE of the stream as they are now, if they do not go together: `made anew`, or `beyond LAST
/// PLACE`.
extern const std::string acknowledge;

}  // namespace headwater::redis::scripts
