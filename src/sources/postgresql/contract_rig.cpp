#include "src/sources/postgresql/contract_rig.h"

#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "src/base/hex.h"
#include "testing/rig/server_program.h"

namespace headwater::testing {
namespace {

/// As a statement's parameter.
struct AsParameter {
  std::string operator()(std::monostate) const { return {}; }
  std::string operator()(std::int64_t value) const { return std::to_string(value); }
  std::string operator()(std::uint64_t value) const { return std::to_string(value); }
  std::string operator()(double value) const {
    std::array<char, 40> digits{};
    return {digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr};
  }
  std::string operator()(const Text& text) const { return text.bytes; }
  std::string operator()(const Blob& blob) const {
    std::string digits = "\\x";
    append_hex_bytes(digits, blob.bytes);
    return digits;
  }
  std::string operator()(bool value) const { return value ? "t" : "f"; }
  std::string operator()(const Decimal& decimal) const { return decimal.text; }
  std::string operator()(const Time& time) const { return time.text; }
  std::string operator()(const JsonText& json) const { return json.text; }
  std::string operator()(Unchanged) const { return {}; }
};

/// Which of value_columns() holds it; none for NULL.
std::optional<std::size_t> column_of(const Value& value) {
  if (std::holds_alternative<std::int64_t>(value)) return 0;
  if (std::holds_alternative<double>(value)) return 1;
  if (std::holds_alternative<Text>(value)) return 2;
  if (std::holds_alternative<Blob>(value)) return 3;
  if (std::holds_alternative<bool>(value)) return 4;
  if (std::holds_alternative<Decimal>(value)) return 5;
  if (std::holds_alternative<Time>(value)) return 6;
  if (std::holds_alternative<JsonText>(value)) return 7;
  return std::nullopt;
}

class PgWriter final : public SourceWriter {
 public:
  explicit PgWriter(const std::string& address) : shell_(address) {}

  void begin() override { shell_.ask("BEGIN"); }
  void commit() override { shell_.ask("COMMIT"); }
  void roll_back() override { shell_.ask("ROLLBACK"); }

  void write(const Write& write) override {
    postgresql::Parameters parameters{std::to_string(write.key)};
    if (write.kind == Write::Kind::remove) {
      shell_.ask("DELETE FROM item WHERE key = $1", parameters);
      return;
    }
    parameters.resize(1 + value_columns().size());
    if (const auto column = column_of(write.value)) {
      parameters[1 + *column] = std::visit(AsParameter{}, write.value);
    }
    shell_.ask(write.kind == Write::Kind::insert
                   ? "INSERT INTO item VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) "
                     "ON CONFLICT DO NOTHING"
                   : "UPDATE item SET (i, r, t, b, o, d, w, j) = ($2, $3, $4, $5, $6, $7, $8, $9) "
                     "WHERE key = $1",
               parameters);
  }

 private:
  PgShell shell_;
};

}  // namespace

PgShell::PgShell(const std::string& address) {
  auto connected = postgresql::Connection::open({.uri = address}, {});
  if (!connected) rig::give_up(connected.error().message);
  connection_ = *std::move(connected);
  ask("SET search_path = public");
}

postgresql::Answer PgShell::ask(const std::string& statement,
                                const postgresql::Parameters& parameters) {
  auto answer = connection_->ask(statement, parameters, {});
  if (!answer) rig::give_up(answer.error().error.message);
  return *std::move(answer);
}

const std::vector<std::string>& value_columns() {
  static const std::vector<std::string> columns{"i", "r", "t", "b", "o", "d", "w", "j"};
  return columns;
}

std::string suite_table() {
  return "CREATE TABLE item(key int8 PRIMARY KEY, i int8, r float8, t text, b bytea, o bool, "
         "d numeric, w timestamptz, j jsonb)";
}

Value value_among(std::span<const Value> row) {
  for (std::size_t i = 1; i < row.size(); ++i) {
    if (!std::holds_alternative<std::monostate>(row[i])) return row[i];
  }
  return {};
}

std::unique_ptr<SourceWriter> make_pg_writer(const std::string& address) {
  return std::make_unique<PgWriter>(address);
}

}  // namespace headwater::testing
