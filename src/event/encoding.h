// Bytes as text: hexadecimal, base64 and percent-encoding, appended to a string.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace headwater {

/// Sixteen lower-case hexadecimal digits.
void append_hex(std::string& to, std::uint64_t bits);
void append_base64(std::string& to, std::string_view bytes);
/// Decodes it; nullopt if another letter is in it.
[[nodiscard]] std::optional<std::string> base64_decoded(std::string_view text);
/// Writes every byte as %XX.
void append_percent_bytes(std::string& to, std::string_view bytes);
/// Writes every byte except letters, digits and "-._~" as %XX; of those, the ones in `also`, too.
void append_percent_encoded(std::string& to, std::string_view bytes, std::string_view also = {});
/// Decodes it; nullopt for text that append_percent_encoded() does not write.
[[nodiscard]] std::optional<std::string> percent_decoded(std::string_view text);
/// Decodes each %XX. A '%' without two hexadecimal digits after it stays.
void append_percents_decoded(std::string& to, std::string_view text);
[[nodiscard]] std::string with_percents_decoded(std::string_view text);

}  // namespace headwater
