#include "src/streams/embedded/embedded.h"

#include <utility>

#include "src/streams/embedded/file.h"
#include "src/streams/embedded/inspect.h"
#include "src/streams/embedded/reader.h"
#include "src/streams/embedded/writer.h"
#include "src/streams/shared/findings.h"

namespace headwater::embedded {
namespace {

constexpr Milliseconds patience_to_prepare{5000};

Finding ok(std::string what) { return Finding{.what = std::move(what)}; }

class Adapter final : public StreamAdapter {
 public:
  Adapter(Options options, const Clock& clock) : options_(std::move(options)), clock_(&clock) {}

  [[nodiscard]] std::string describe() const override { return "embedded stream " + options_.path; }
  [[nodiscard]] std::string file() const override { return options_.path; }
  [[nodiscard]] bool exactly_once() const override { return true; }
  [[nodiscard]] bool takes_several_relays() const override { return true; }
  Result<std::optional<Milliseconds>> retention_age() override { return options_.retention.age; }

  Result<Report> prepare(const std::string& relay) override {
    auto created = create_file(options_.path);
    if (!created) return fail(explained(std::move(created.error()), options_.path));
    Report report;
    report.push_back(ok("stream " + options_.path + (*created ? ": created" : ": exists") +
                        " (version " + std::to_string(file_version) + ")"));
    auto database = open_for_append(options_.path, patience_to_prepare);
    if (!database) return failed(database);
    auto tail = describe_tail(*database, relay);
    if (!tail) return failed(tail);
    report.push_back(*std::move(tail));
    return report;
  }

  Result<Report> remove(const std::string& relay) override {
    auto database = open_for_append(options_.path, patience_to_prepare);
    if (!database) {
      if (database.error().name != "stream.not_prepared") return failed(database);
      return Report{ok("stream " + options_.path + ": does not exist; nothing to remove")};
    }
    auto forget = database->prepare("DELETE FROM relays WHERE name = ?");
    if (!forget) return failed(forget);
    forget->bind_text(0, relay);
    if (auto gone = forget->run(); !gone) {
      return fail(explained(std::move(gone.error()), options_.path));
    }
    return Report{streams::describe_removal(relay, database->changes() > 0, options_.path)};
  }

  Report check(const std::string& relay) override {
    return inspect(options_, relay, clock_->wall());
  }

  Result<std::unique_ptr<StreamWriter>> writer(const std::string& relay) override {
    auto writer = std::make_unique<Writer>(relay, options_, *clock_);
    if (auto opened = writer->open(); !opened) return failed(opened);
    return writer;
  }

  Result<std::unique_ptr<StreamReader>> reader() override {
    auto reader = std::make_unique<Reader>(options_.path, *clock_);
    if (auto opened = reader->open(); !opened) return failed(opened);
    return reader;
  }

 private:
  Options options_;
  const Clock* clock_;
};

}  // namespace

std::unique_ptr<StreamAdapter> make_stream(Options options, const Clock& clock) {
  return std::make_unique<Adapter>(std::move(options), clock);
}

}  // namespace headwater::embedded
