#include "src/sources/mongodb/server/client.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "src/sources/mongodb/server/library.h"

namespace headwater::mongodb {
namespace {

// Without them in the URI: an election is over in less, and a relay must notice a dead server.
constexpr int usual_selection_ms = 5'000;
constexpr int usual_connect_ms = 5'000;
// In haste. A write may wait a second for a majority.
constexpr int hasty_connect_ms = 1'000;
constexpr int hasty_answer_ms = 1'500;
// Each relay of a pool has a handful, of which two connect. Popping from an exhausted pool blocks
// forever, so no configuration may need so many.
constexpr int clients_in_pool = 100'000;

// What libmongoc calls the type of a server that does not answer.
constexpr std::string_view unreachable = "Unknown";

struct Uri {
  mongoc_uri_t* uri;
  ~Uri() { mongoc_uri_destroy(uri); }
};

Error bad_uri(const std::string& why) {
  return {.remedy = Remedy::stop,
          .origin = Origin::usage,
          .name = "config.bad_value",
          .message = "'uri' of the MongoDB source is not a connection string: " + why,
          .next = std::string("write it as ") + sample_uri};
}

void set_usual(mongoc_uri_t* uri, const char* option, int value) {
  if (!mongoc_uri_has_option(uri, option)) mongoc_uri_set_option_as_int32(uri, option, value);
}

/// 0 may mean forever.
void set_at_most(mongoc_uri_t* uri, const char* option, int most) {
  const int value = mongoc_uri_get_option_as_int32(uri, option, 0);
  if (value <= 0 || value > most) mongoc_uri_set_option_as_int32(uri, option, most);
}

// The options of a connection string whose values are files, in small letters: its TLS options
// (https://www.mongodb.com/docs/manual/reference/connection-string-options/#tls-options), and the
// older names of two of them, which libmongoc still reads.
constexpr std::array<std::string_view, 5> file_options{"tlscafile", "tlscertificatekeyfile",
                                                       "tlscrlfile", "sslcertificateauthorityfile",
                                                       "sslclientcertificatekeyfile"};

std::string in_small_letters(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

std::string unescaped(const std::string& text) {
  const std::unique_ptr<char, void (*)(void*)> plain(mongoc_uri_unescape(text.c_str()), &bson_free);
  return plain == nullptr ? text : std::string(plain.get());
}

}  // namespace

std::vector<std::string> files_of(const std::string& uri) {
  std::vector<std::string> files;
  std::size_t at = uri.find('?');
  while (at != std::string::npos) {
    const std::size_t end = uri.find('&', at + 1);
    const std::string option = uri.substr(at + 1, end == std::string::npos ? end : end - at - 1);
    const std::size_t equals = option.find('=');
    if (equals != std::string::npos &&
        std::ranges::count(file_options, in_small_letters(option.substr(0, equals))) > 0) {
      files.push_back(unescaped(option.substr(equals + 1)));
    }
    at = end;
  }
  return files;
}

bool is_uri(const std::string& uri) {
  start_library();
  return Uri{mongoc_uri_new(uri.c_str())}.uri != nullptr;
}

std::string without_password(const std::string& uri) {
  start_library();
  const Uri parsed{mongoc_uri_new(uri.c_str())};
  if (parsed.uri == nullptr) return "mongodb://?";
  std::string hosts;
  for (const auto* host = mongoc_uri_get_hosts(parsed.uri); host != nullptr; host = host->next) {
    hosts += (hosts.empty() ? "" : ",") + std::string(host->host_and_port);
  }
  const char* service = mongoc_uri_get_srv_hostname(parsed.uri);
  return service != nullptr ? std::string("mongodb+srv://") + service : "mongodb://" + hosts;
}

Result<std::unique_ptr<Pool>> Pool::make(const std::string& uri, Use use) {
  start_library();
  bson_error_t error;
  mongoc_uri_t* parsed = mongoc_uri_new_with_error(uri.c_str(), &error);
  if (parsed == nullptr) return fail(bad_uri(error.message));
  std::unique_ptr<Pool> made(new Pool(nullptr, parsed));
  set_usual(parsed, MONGOC_URI_SERVERSELECTIONTIMEOUTMS, usual_selection_ms);
  set_usual(parsed, MONGOC_URI_CONNECTTIMEOUTMS, usual_connect_ms);
  if (mongoc_uri_get_appname(parsed) == nullptr) mongoc_uri_set_appname(parsed, "headwater");
  if (use == Use::hasty) {
    set_at_most(parsed, MONGOC_URI_SERVERSELECTIONTIMEOUTMS, hasty_connect_ms);
    set_at_most(parsed, MONGOC_URI_CONNECTTIMEOUTMS, hasty_connect_ms);
    set_at_most(parsed, MONGOC_URI_SOCKETTIMEOUTMS, hasty_answer_ms);
  }
  if (use != Use::lasting) return made;
  made->pool_ = mongoc_client_pool_new_with_error(parsed, &error);
  if (made->pool_ == nullptr) return fail(bad_uri(error.message));
  mongoc_client_pool_set_error_api(made->pool_, MONGOC_ERROR_API_VERSION_2);
  mongoc_client_pool_max_size(made->pool_, clients_in_pool);
  return made;
}

Pool::~Pool() {
  if (pool_ != nullptr) mongoc_client_pool_destroy(pool_);
  mongoc_uri_destroy(uri_);
}

Connection::Connection(Pool& pool, To to) : pool_(&pool), to_(to) {
  if (pool.pool_ != nullptr) {
    client_ = mongoc_client_pool_pop(pool.pool_);
    return;
  }
  client_ = mongoc_client_new_from_uri_with_error(pool.uri_, &no_client_);
  if (client_ != nullptr) mongoc_client_set_error_api(client_, MONGOC_ERROR_API_VERSION_2);
}

Connection::~Connection() {
  if (session_ != nullptr) mongoc_client_session_destroy(session_);
  if (client_ == nullptr) return;
  if (pool_->pool_ != nullptr) {
    mongoc_client_pool_push(pool_->pool_, client_);
  } else {
    mongoc_client_destroy(client_);
  }
}

void Connection::turn_to(std::uint32_t server) {
  server_ = server;
  role_.clear();
}

bool Connection::reaches(std::uint32_t server) const {
  mongoc_server_description_t* known = mongoc_client_get_server_description(client_, server);
  if (known == nullptr) return false;
  const bool reached = std::string_view(mongoc_server_description_type(known)) != unreachable;
  mongoc_server_description_destroy(known);
  return reached;
}

/// Whether the server chosen is still there, and still what it was chosen for: one that has become
/// a secondary may know nothing of what its set goes on to do.
bool Connection::still_right() {
  if (!server_) return false;
  // A server may leave the deployment at any time, and libmongoc 1.23 falls over one that has.
  mongoc_server_description_t* known = mongoc_client_get_server_description(client_, *server_);
  if (known == nullptr) return false;
  const std::string role = mongoc_server_description_type(known);
  mongoc_server_description_destroy(known);
  // If it cannot be reached, the next command fails.
  return role == role_ || role_.empty() || role == unreachable;
}

/// Null is libmongoc's word for the primary.
const mongoc_read_prefs_t* Connection::preference() const {
  return to_ == To::primary ? nullptr : mongoc_client_get_read_prefs(client_);
}

Answer<std::uint32_t> Connection::choose() {
  bson_error_t error{};
  if (client_ == nullptr) return tl::unexpected(Failure::from(no_client_, nullptr));
  if (still_right()) return *server_;
  server_.reset();
  mongoc_server_description_t* found =
      mongoc_client_select_server(client_, false, preference(), &error);
  if (found == nullptr) return tl::unexpected(Failure::from(error, nullptr));
  server_ = mongoc_server_description_id(found);
  role_ = mongoc_server_description_type(found);
  mongoc_server_description_destroy(found);
  if (session_ == nullptr) {
    // A server that stands alone has none, and is only asked what it is.
    session_ = mongoc_client_start_session(client_, nullptr, &error);
  }
  return *server_;
}

Answer<Doc> Connection::send(const std::string& database, const Doc& command) {
  auto chosen = choose();
  if (!chosen) return tl::unexpected(std::move(chosen.error()));
  bson_error_t error{};
  Doc options;
  options.add("serverId", static_cast<std::int32_t>(*chosen));
  if (session_ != nullptr && !mongoc_client_session_append(session_, options.out(), &error)) {
    return tl::unexpected(Failure::from(error, nullptr));
  }
  Doc reply;
  const bool well = mongoc_client_command_with_opts(
      client_, database.c_str(), command.get(), preference(), options.get(), reply.place(), &error);
  if (well) return reply;
  Failure failure = Failure::from(error, reply.get());
  // A server that answers is still the right one, unless its role has changed.
  if (failure.is(Code::none) || !failure.for_good()) server_.reset();
  return tl::unexpected(std::move(failure));
}

Result<Doc> Connection::run(const std::string& database, const Doc& command,
                            const std::string& doing) {
  auto reply = send(database, command);
  if (!reply) return fail(to_error(reply.error(), doing));
  return std::move(*reply);
}

Result<ServerFacts> Connection::facts() {
  // "hello" is not known before 4.4.2.
  auto reply = run("admin", Doc().add("isMaster", 1), "asking who the server is");
  if (!reply) return failed(reply);
  ServerFacts facts;
  facts.wire_version =
      static_cast<std::int32_t>(find_number(reply->get(), "maxWireVersion").value_or(0));
  facts.replica_set = find_text(reply->get(), "setName").has_value();
  facts.router = find_text(reply->get(), "msg") == "isdbgrid";
  facts.primary = find_flag(reply->get(), "ismaster");
  facts.newest = find_time(reply->get(), "operationTime").value_or(ClusterTime{});
  facts.majority = find_time(reply->get(), "lastWrite.majorityOpTime.ts").value_or(facts.newest);
  return facts;
}

Result<std::string> deployment_identity(Connection& connection) {
  const char* const doing = "asking for the replica set's own id";
  auto facts = connection.facts();
  if (!facts) return failed(facts);
  auto reply = facts->router ? connection.run("config", Doc().add("find", "version"), doing)
                             : connection.run("admin", Doc().add("replSetGetConfig", 1), doing);
  const bool forbidden = !reply && reply.error().name == "source.unauthorized";
  if (!reply && reply.error().remedy == Remedy::retry) return failed(reply);
  const auto id = reply ? find(reply->get(), facts->router ? "cursor.firstBatch.0.clusterId"
                                                           : "config.settings.replicaSetId")
                        : std::nullopt;
  if (id && BSON_ITER_HOLDS_OID(&*id)) {
    std::array<char, 25> hex{};
    bson_oid_to_string(bson_iter_oid(&*id), hex.data());
    return "mongodb:" + std::string(hex.data());
  }
  return fail({.remedy = Remedy::stop,
               .origin = Origin::source,
               .name = "source.no_identity",
               .message = forbidden ? "The user may not ask for the replica set's own id "
                                      "(privilege replSetGetConfig on the cluster)"
                                    : "The server has no replica set id to name the source by",
               .next = "grant the role clusterMonitor, or set `identity: NAME` under "
                       "source.mongodb to a permanent name for this deployment"});
}

}  // namespace headwater::mongodb
