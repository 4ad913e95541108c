#include "src/streams/nats/connection.h"

#include <algorithm>
#include <fstream>
#include <utility>
#include <vector>

#include "src/streams/nats/errors.h"
#include "src/streams/nats/message.h"

namespace headwater::nats {
namespace {

// Before the first byte of an answer.
constexpr std::int64_t connect_ms = 3'000;
constexpr std::int64_t last_word_ms = 1'000;
constexpr std::int64_t heartbeat_ns = 5'000'000'000;
// More messages than the relay puts into one append.
constexpr int most_waiting = 1'000'000;

std::string bucket_name(const std::string& stream) { return "HEADWATER_" + stream; }

natsStatus log_in(natsOptions* to, const Login& login) {
  if (!login.credentials.empty()) {
    return natsOptions_SetUserCredentialsFromFiles(to, login.credentials.c_str(), nullptr);
  }
  if (!login.token.empty()) return natsOptions_SetToken(to, login.token.c_str());
  if (login.user.empty()) return NATS_OK;
  return natsOptions_SetUserInfo(to, login.user.c_str(), login.password.c_str());
}

natsStatus encrypt(natsOptions* to, const Tls& tls) {
  natsStatus status = natsOptions_SetSecure(to, true);
  if (status == NATS_OK && !tls.authority.empty()) {
    status = natsOptions_LoadCATrustedCertificates(to, tls.authority.c_str());
  }
  if (status == NATS_OK && !tls.certificate.empty()) {
    status = natsOptions_LoadCertificatesChain(to, tls.certificate.c_str(), tls.key.c_str());
  }
  return status;
}

natsStatus set_up(natsOptions* to, const Options& options) {
  std::vector<const char*> urls;
  for (const std::string& url : options.urls) urls.push_back(url.c_str());
  natsStatus status = natsOptions_SetServers(to, urls.data(), static_cast<int>(urls.size()));
  if (status != NATS_OK) return NATS_INVALID_ARG;
  status = natsOptions_SetAllowReconnect(to, false);
  if (status == NATS_OK) status = natsOptions_SetTimeout(to, connect_ms);
  // A server that stands still takes what its socket holds, and then nothing. The library counts
  // from a message's beginning, and a large one takes its time on a slow way.
  if (status == NATS_OK) status = natsOptions_SetWriteDeadline(to, most_patience.count());
  if (status == NATS_OK) status = natsOptions_SetName(to, "headwater");
  if (status == NATS_OK) status = log_in(to, options.login);
  if (status == NATS_OK && options.tls) status = encrypt(to, *options.tls);
  return status;
}

std::string last_words() {
  natsStatus status = NATS_OK;
  const char* words = nats_GetLastError(&status);
  return words == nullptr || status == NATS_OK ? "" : words;
}

jsOptions with_patience(Milliseconds wait) {
  jsOptions options;
  jsOptions_Init(&options);
  options.Wait = wait.count();
  return options;
}

}  // namespace

std::string Options::servers() const {
  std::string all;
  for (const std::string& url : urls) {
    const auto scheme = url.find("://");
    const auto begin = scheme == std::string::npos ? 0 : scheme + 3;
    // The last one: a password may have others.
    const auto at = url.rfind('@');
    all += (all.empty() ? "" : ",") +
           url.substr(at == std::string::npos ? begin : std::max(begin, at + 1));
  }
  return all;
}

Result<Connection> Connection::open(const Options& options) {
  const std::string doing = "connecting to " + options.servers();
  // The library looks only when it is connected.
  if (const auto& file = options.login.credentials;
      !file.empty() && !std::ifstream(file).is_open()) {
    return fail(hopeless("stream.bad_login", "NATS: " + file + " cannot be read",
                         "correct stream.nats.credentials"));
  }
  Handle<natsOptions> set;
  natsStatus status = natsOptions_Create(Into(set));
  if (status == NATS_OK) status = set_up(set.get(), options);
  // The library's words would show parts of it, which may be a password.
  if (status == NATS_INVALID_ARG) {
    return fail(hopeless("stream.bad_url", "NATS: an address under stream.nats.url cannot be read",
                         "correct stream.nats.url"));
  }
  // Credentials or certificates that cannot be read stay so.
  if (status != NATS_OK) {
    return fail(hopeless("stream.bad_login", "NATS: " + last_words(),
                         "correct the files named under stream.nats"));
  }
  Connection made;
  status = natsConnection_Connect(Into(made.connection_), set.get());
  if (status != NATS_OK) {
    Error error = refused(doing, status, 0, last_words());
    // A server that wants a certificate says so only by ending the connection.
    if (options.tls && options.tls->certificate.empty() && error.next.empty()) {
      error.next =
          "see the server's log; if it wants a certificate: stream.nats.tls.certificate and key";
    }
    if (error.next.empty()) error.next = "start the server, or correct stream.nats.url";
    return fail(std::move(error));
  }
  jsOptions patient = with_patience(patience);
  status = natsConnection_JetStream(Into(made.jetstream_), made.nats(), &patient);
  if (status != NATS_OK) return fail(refused(doing, status, 0, last_words()));
  return made;
}

Error Connection::error_of(const std::string& doing, natsStatus status, int code) const {
  // A server does not answer what somebody may not ask: it says so by the way.
  const char* words = nullptr;
  if (code == 0 && natsConnection_GetLastError(nats(), &words) == NATS_NOT_PERMITTED) {
    return refused(doing, NATS_NOT_PERMITTED, 0, words == nullptr ? "" : words);
  }
  return refused(doing, status, code, last_words());
}

Result<void> Connection::has_jetstream() const {
  Handle<jsAccountInfo> info;
  jsErrCode code{};
  const natsStatus status = js_GetAccountInfo(Into(info), jetstream(), nullptr, &code);
  if (status == NATS_OK) return {};
  Error error = error_of("asking for JetStream", status, code);
  if (status != NATS_NO_RESPONDERS) return fail(std::move(error));
  return fail(hopeless("stream.no_jetstream", error.message,
                       "let the server run JetStream (nats-server -js), and the account use it"));
}

Result<Handle<jsAccountInfo>> Connection::account() const {
  Handle<jsAccountInfo> info;
  jsErrCode code{};
  const natsStatus status = js_GetAccountInfo(Into(info), jetstream(), nullptr, &code);
  if (status == NATS_OK) return info;
  return fail(error_of("asking for the account's limits", status, code));
}

Result<Handle<jsStreamInfo>> Connection::info(const std::string& stream) const {
  Handle<jsStreamInfo> info;
  jsErrCode code{};
  const natsStatus status =
      js_GetStreamInfo(Into(info), jetstream(), stream.c_str(), nullptr, &code);
  if (status == NATS_OK) return info;
  if (status == NATS_NOT_FOUND && code == 0) code = static_cast<jsErrCode>(stream_not_found);
  return fail(error_of("asking for stream " + stream, status, code));
}

Result<Message> Connection::message(const std::string& stream, std::uint64_t sequence) const {
  Message found;
  jsErrCode code{};
  // All of it comes, and it may be large.
  jsOptions patient = with_patience(most_patience);
  const natsStatus status =
      js_GetMsg(Into(found), jetstream(), stream.c_str(), sequence, &patient, &code);
  if (status == NATS_OK) return found;
  if (status == NATS_NOT_FOUND && code != static_cast<jsErrCode>(stream_not_found)) {
    return Message();
  }
  return fail(
      error_of("asking for message " + std::to_string(sequence) + " of " + stream, status, code));
}

Result<void> Connection::remove(const std::string& stream, std::uint64_t sequence) const {
  jsErrCode code{};
  const natsStatus status = js_DeleteMsg(jetstream(), stream.c_str(), sequence, nullptr, &code);
  const bool gone = code == static_cast<jsErrCode>(message_not_found);
  if (status == NATS_OK || gone) return {};
  return fail(
      error_of("removing message " + std::to_string(sequence) + " of " + stream, status, code));
}

Result<Message> Connection::last(const std::string& stream, const std::string& subject) const {
  Message found;
  jsErrCode code{};
  jsOptions patient = with_patience(most_patience);
  const natsStatus status =
      js_GetLastMsg(Into(found), jetstream(), stream.c_str(), subject.c_str(), &patient, &code);
  if (status == NATS_OK) return found;
  if (status == NATS_NOT_FOUND && code != static_cast<jsErrCode>(stream_not_found)) {
    return Message();
  }
  return fail(error_of("asking for the last message of " + stream, status, code));
}

Result<Delivery> Connection::read(const std::string& stream, const std::string& subject,
                                  std::uint64_t from, Read what) const {
  Handle<natsSubscription> made;
  jsSubOptions options;
  jsSubOptions_Init(&options);
  options.Stream = stream.c_str();
  // Not the library's ordered consumer: when cnats 3.4.1 creates that again after a failover, its
  // threads may deadlock. These are its settings, and Delivery checks for gaps.
  options.Config.AckPolicy = js_AckNone;
  options.Config.MaxDeliver = 1;
  options.Config.FlowControl = true;
  options.Config.Heartbeat = heartbeat_ns;
  options.Config.DeliverPolicy = js_DeliverByStartSequence;
  options.Config.OptStartSeq = std::max<std::uint64_t>(1, from);
  options.Config.HeadersOnly = what == Read::headers;
  jsErrCode code{};
  const natsStatus status =
      js_SubscribeSync(Into(made), jetstream(), subject.c_str(), nullptr, &options, &code);
  if (status == NATS_OK) return Delivery(nats(), std::move(made));
  return fail(error_of("reading " + stream, status, code));
}

/// cnats before 3.6.1 does not retain a subscription while it processes a message for it
/// (natsConn_processMsg): if the subscription is freed meanwhile, its thread crashes or blocks
/// forever. The answer to a ping comes after the message being processed, and a closed connection
/// processes none.
Delivery::~Delivery() {
  if (!subscription_) return;
  natsSubscription_Unsubscribe(subscription_.get());
  if (natsConnection_FlushTimeout(connection_, last_word_ms) != NATS_OK) {
    natsConnection_Close(connection_);
  }
}

natsStatus Delivery::next(Message& message, Milliseconds wait, const std::stop_token& stop) {
  natsSubscription* waited_for = subscription_.get();
  const std::stop_callback wake(stop, [waited_for] { natsSubscription_Unsubscribe(waited_for); });
  const natsStatus status =
      natsSubscription_NextMsg(Into(message), waited_for, std::max<std::int64_t>(1, wait.count()));
  if (status != NATS_OK) return status;
  const auto numbers = delivered(natsMsg_GetReply(message.get()));
  if (!numbers) return NATS_PROTOCOL_ERROR;
  return numbers->place == ++delivered_ ? NATS_OK : NATS_MISMATCH;
}

Result<Connection::Inbox> Connection::inbox() {
  if (answers_) return Inbox{inbox_, answers_.get()};
  Handle<natsInbox> name;
  Handle<natsSubscription> answers;
  natsStatus status = natsInbox_Create(Into(name));
  if (status == NATS_OK) {
    inbox_ = name.get();
    status = natsConnection_SubscribeSync(Into(answers), nats(), (inbox_ + ".>").c_str());
  }
  if (status == NATS_OK) {
    status = natsSubscription_SetPendingLimits(answers.get(), most_waiting, -1);
  }
  if (status != NATS_OK) return fail(refused("preparing an append", status, 0, last_words()));
  answers_ = std::move(answers);
  return Inbox{inbox_, answers_.get()};
}

Result<Handle<kvStore>> Connection::bucket(const std::string& stream) const {
  Handle<kvStore> found;
  const natsStatus status = js_KeyValue(Into(found), jetstream(), bucket_name(stream).c_str());
  if (status == NATS_OK) return found;
  const int code = status == NATS_NOT_FOUND ? static_cast<int>(stream_not_found) : 0;
  return fail(error_of("opening " + bucket_name(stream), status, code));
}

Result<Connection::Beside> Connection::beside(const std::string& stream,
                                              const std::string& key) const {
  auto store = bucket(stream);
  if (!store) return failed(store);
  Handle<kvEntry> entry;
  const natsStatus status = kvStore_Get(Into(entry), store->get(), key.c_str());
  if (status == NATS_NOT_FOUND) return Beside{};
  if (status != NATS_OK) {
    return fail(error_of("reading " + bucket_name(stream), status, 0));
  }
  return Beside{.value = std::string(static_cast<const char*>(kvEntry_Value(entry.get())),
                                     static_cast<std::size_t>(kvEntry_ValueLen(entry.get()))),
                .revision = kvEntry_Revision(entry.get())};
}

Result<bool> Connection::put_beside(const std::string& stream, const std::string& key,
                                    const std::string& value, std::uint64_t revision) const {
  auto store = bucket(stream);
  if (!store) return failed(store);
  const auto size = static_cast<int>(value.size());
  const natsStatus status =
      revision == 0
          ? kvStore_Create(nullptr, store->get(), key.c_str(), value.data(), size)
          : kvStore_Update(nullptr, store->get(), key.c_str(), value.data(), size, revision);
  if (status == NATS_OK) return true;
  // The library keeps JetStream's number to itself.
  if (last_words().find("wrong last sequence") != std::string::npos) return false;
  return fail(error_of("writing " + bucket_name(stream), status, 0));
}

/// It leaves a mark of the deletion, with a revision of its own: what is kept there next is another
/// writing again.
Result<void> Connection::remove_beside(const std::string& stream, const std::string& key) const {
  auto store = bucket(stream);
  if (!store) return failed(store);
  const natsStatus status = kvStore_Delete(store->get(), key.c_str());
  if (status == NATS_OK) return {};
  return fail(error_of("writing " + bucket_name(stream), status, 0));
}

Result<void> Connection::make_beside(const std::string& stream, int replicas) const {
  if (bucket(stream)) return {};
  const std::string name = bucket_name(stream);
  kvConfig config;
  kvConfig_Init(&config);
  config.Bucket = name.c_str();
  config.Description = "Headwater: a copy of the tail, and what consumers have acknowledged";
  config.StorageType = js_FileStorage;
  config.Replicas = replicas;
  Handle<kvStore> made;
  const natsStatus status = js_CreateKeyValue(Into(made), jetstream(), &config);
  if (status == NATS_OK) return {};
  return fail(error_of("making " + name, status, 0));
}

}  // namespace headwater::nats
