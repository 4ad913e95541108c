// The scripts that Headwater runs on the server. Redis runs a script without interruption, so each
// is one atomic step for other clients.
#pragma once

#include <string>

namespace headwater::redis::scripts {

// All take the keys of the stream and of the tails, and answer with a list that begins with a word.
// Those that need the stream as Headwater left it answer `broken FORMAT LAST ID` if it is not:
// FORMAT and LAST are from the hash, ID is the last one in the stream.

/// RELAY TOUCH → `tail SEQUENCE POSITION SOURCE`. A TOUCH of 1 writes something for WAIT to wait
/// for.
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
/// consumer needs); MOST events → `removed COUNT MORE`; a MORE of 1: MOST kept it from removing
/// everything it may.
extern const std::string trim;

/// → `oldest TIME`, as the event has it; an empty TIME: there is no event. Only reads.
extern const std::string oldest;

// These also take the key of the consumers, and only need the stream's life.

/// CONSUMER SEQUENCE LIFE, the reader's own → `acknowledged SEQUENCE`; or, if these do not match
/// the present place and life of the stream: `recreated`, or `beyond LAST PLACE`.
extern const std::string acknowledge;

}  // namespace headwater::redis::scripts
