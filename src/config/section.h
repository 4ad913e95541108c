// Strict reading of the configuration: every key is read by name. A key that nobody reads is an
// error, with its line and the nearest valid name.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "src/base/clock.h"
#include "src/base/error.h"

namespace headwater::config {

/// What a text of the file is for.
enum class TextUse {
  plain,
  file,          ///< Path of a file that is only read: a certificate, credentials.
  library_file,  ///< The same; a relative path starts at the process's working directory.
  data,          ///< Path of a file in which the program keeps data: a database, a position.
  address,       ///< Where servers listen: a URL, a connection string, "host:port".
};

/// A text of the file, as a getter has read it.
struct ReadText {
  std::string key;  ///< "source.sqlite.path"
  int line = 0;
  std::string written;  ///< Before substitution.
  TextUse use = TextUse::plain;
};

/// One YAML mapping while it is being read. A getter whose value is missing or of the wrong type
/// notes the error and returns a harmless default. finish() returns the first error, with file,
/// line and key. So a reader reads everything and checks once:
///
///     Options options{.path = section.path("path"), .tables = section.list_or_all("tables")};
///     if (auto ok = section.finish(); !ok) return failed(ok);
///
/// Copies share one state. One thread.
class Section {
 public:
  [[nodiscard]] bool has(std::string_view key) const;

  std::string text(std::string_view key);
  std::string text_or(std::string_view key, std::string fallback);
  /// The path of a file that the program only reads; a relative one starts at the configuration
  /// file's folder.
  std::string path(std::string_view key);
  /// The same; empty if the key is absent.
  std::string path_or_none(std::string_view key);
  /// The path of a file in which the program keeps data; a relative one starts there, too.
  std::string data_path(std::string_view key);
  /// Where a server listens: a URL, a connection string, or "host:port", also several in one text.
  std::string address(std::string_view key);
  /// One address, or a list of them. Required.
  std::vector<std::string> addresses(std::string_view key);
  std::int64_t integer_or(std::string_view key, std::int64_t fallback, std::int64_t least,
                          std::int64_t most);
  bool flag_or(std::string_view key, bool fallback);
  /// One of `names`; returns its index.
  std::size_t choice_or(std::string_view key, std::initializer_list<std::string_view> names,
                        std::size_t fallback);
  /// "500ms", "5s", "10m", "1h", "7d".
  std::optional<Milliseconds> duration(std::string_view key);
  /// Bytes: "1024", "64KiB", "100MiB", "10GiB", and KB, MB, GB as powers of ten.
  std::optional<std::uint64_t> size(std::string_view key);
  /// A list of texts, or the single word `all`, which returns nullopt. Required.
  std::optional<std::vector<std::string>> list_or_all(std::string_view key);
  /// One text, or a list of them. Required.
  std::vector<std::string> one_or_list(std::string_view key);
  /// A list of texts; empty if the key is absent.
  std::vector<std::string> list(std::string_view key);
  /// A list of any values, each as JSON: plain scalars have their YAML type (number, true, false,
  /// null, or text), quoted ones are text. Empty if the key is absent.
  std::vector<std::string> json_list(std::string_view key);
  /// Every key of this mapping with its text, in the order of the file: for names that are defined
  /// elsewhere and unknown here.
  std::vector<std::pair<std::string, std::string>> texts();
  /// A mapping inside this one; if it is absent, an empty one that reads as all defaults.
  Section child(std::string_view key);
  /// A list of mappings; empty if the key is absent.
  std::vector<Section> sections(std::string_view key);

  /// The only key of this mapping, for `source: { sqlite: … }`; notes an error unless it is one of
  /// `known`.
  std::string only_key(const std::vector<std::string>& known);

  /// Notes the reader's own error about `key`, under a stable name.
  void complain(std::string_view key, const std::string& message,
                const std::string& name = "config.bad_value");

  /// Notes that the value of `key` names a file that a library only reads, such as the CA in a
  /// connection string.
  void names_file(std::string_view key, const std::string& path);

  /// Every text read so far, here and in the children. A text that was read twice is there twice.
  [[nodiscard]] std::vector<ReadText> read_texts() const;

  /// Every key read so far, here and in the children: "source.sqlite.path". The documentation must
  /// explain each.
  [[nodiscard]] std::vector<std::string> asked() const;

  /// Returns the first unknown key in this section or its children (usually the reason for a
  /// missing one), or the first error noted. Call it after everything was read. Usage errors,
  /// `config.*`.
  Result<void> finish();

  struct State;
  explicit Section(std::shared_ptr<State> state);

 private:
  std::shared_ptr<State> state_;
};

}  // namespace headwater::config
