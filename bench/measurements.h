// The measurements, one file each. docs/benchmarks.md explains them.
#pragma once

#include "bench/figure.h"
#include "bench/workbench.h"
#include "src/base/error.h"

namespace headwater::bench {

/// How fast a backlog is drained, against a bare loop that copies the same rows.
Result<Findings> measure_drain(const Options& options);
/// The relay's memory with a long backlog and with one huge transaction.
Result<Findings> measure_memory(const Options& options);
/// From commit to readable in the stream, at a steady rate.
Result<Findings> measure_latency(const Options& options);
/// How much capture slows down the database's own writers.
Result<Findings> measure_writers(const Options& options);
/// The relay's processor time when nothing happens.
Result<Findings> measure_idle(const Options& options);

/// A MongoDB source: drain against a bare loop, memory, and latency.
Result<Findings> measure_mongodb(const Options& options);
/// The cost of several change streams for the server.
Result<Findings> measure_mongodb_relays(const Options& options);

/// A PostgreSQL source: drain against pg_recvlogical, memory, latency, and idle.
Result<Findings> measure_postgresql(const Options& options);

/// A RethinkDB source: the hook's cost, drain against bare loops, memory, latency, and idle.
Result<Findings> measure_rethinkdb(const Options& options);

/// Appends to a Kafka topic against the library's own producer; the relay's memory.
Result<Findings> measure_kafka(const Options& options);
/// From commit to a consumer of a Kafka topic at a steady rate, and the cost for the broker.
Result<Findings> measure_kafka_latency(const Options& options);

/// Appends to a JetStream stream against the library's own publishing; the relay's memory.
Result<Findings> measure_nats(const Options& options);
/// A Redis Stream: appends against pipelined XADD, and memory.
Result<Findings> measure_redis(const Options& options);

/// `headwater serve`: live events to one client.
Result<Findings> measure_serve(const Options& options);

/// The library's reading of a stream against the stream's own client.
Result<Findings> measure_reading_embedded(const Options& options);
Result<Findings> measure_reading_nats(const Options& options);
Result<Findings> measure_reading_redis(const Options& options);
Result<Findings> measure_reading_kafka(const Options& options);
/// What an inbox costs.
Result<Findings> measure_inbox_sqlite(const Options& options);
Result<Findings> measure_inbox_postgresql(const Options& options);
/// `headwater consume` against a pipe.
Result<Findings> measure_handler(const Options& options);
/// `headwater materialize` against a bare loop of the same upserts.
Result<Findings> measure_materialize(const Options& options);

/// Headwater and Debezium Server beside the same streams.
Result<Findings> measure_peers(const Options& options);

}  // namespace headwater::bench
