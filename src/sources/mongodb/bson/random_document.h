// Documents of every type at random, for the tests of this room.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <random>
#include <string>

#include "src/sources/mongodb/bson/doc.h"

namespace headwater::mongodb {

class RandomDocument {
 public:
  explicit RandomDocument(std::uint64_t seed) : random_(seed) {}

  Doc document(int depth = 0) {
    Doc doc;
    const auto fields = below(6);
    for (std::uint64_t i = 0; i < fields; ++i) {
      add(doc, "f" + std::to_string(i) + (below(8) == 0 ? "\xc3\xb6\"\\\n" : ""), depth);
    }
    return doc;
  }

  /// One field of any type.
  void add(Doc& doc, const std::string& name, int depth) {
    const char* key = name.c_str();
    bson_t* to = doc.out();
    switch (below(depth < 4 ? 20 : 16)) {
      case 0:
        doc.add(key, static_cast<std::int32_t>(random_()));
        break;
      case 1:
        doc.add(key, static_cast<std::int64_t>(random_()));
        break;
      case 2:
        doc.add(key, real());
        break;
      case 3:
        doc.add(key, text());
        break;
      case 4:
        doc.add(key, below(2) == 0);
        break;
      case 5:
        bson_append_null(to, key, -1);
        break;
      case 6: {
        bson_oid_t oid;
        for (auto& byte : oid.bytes) byte = static_cast<std::uint8_t>(random_());
        bson_append_oid(to, key, -1, &oid);
        break;
      }
      case 7:
        bson_append_date_time(to, key, -1, date());
        break;
      case 8:
        doc.add(key, ClusterTime{static_cast<std::uint32_t>(random_()),
                                 static_cast<std::uint32_t>(random_())});
        break;
      case 9: {
        const std::string bytes = text();
        constexpr std::array subtypes{BSON_SUBTYPE_BINARY, BSON_SUBTYPE_UUID, BSON_SUBTYPE_USER};
        bson_append_binary(to, key, -1, subtypes[below(3)],
                           reinterpret_cast<const std::uint8_t*>(bytes.data()),
                           static_cast<std::uint32_t>(bytes.size()));
        break;
      }
      case 10: {
        bson_decimal128_t decimal;
        const std::string digits = std::to_string(static_cast<std::int64_t>(random_())) + "E" +
                                   std::to_string(static_cast<int>(below(200)) - 100);
        bson_decimal128_from_string(digits.c_str(), &decimal);
        bson_append_decimal128(to, key, -1, &decimal);
        break;
      }
      case 11:
        bson_append_regex(to, key, -1, "^a/b\"", "im");
        break;
      case 12:
        bson_append_minkey(to, key, -1);
        break;
      case 13:
        bson_append_maxkey(to, key, -1);
        break;
      case 14:
        bson_append_undefined(to, key, -1);
        break;
      case 15:
        // libbson 1.23 reads {"$code": …} in an array back as something else.
        if (name[0] != 'f') return add(doc, name, depth);
        bson_append_code(to, key, -1, "return 1;");
        break;
      case 16:
      case 17:
        doc.add(key, document(depth + 1));
        break;
      case 18: {
        Doc items;
        const auto count = below(4);
        for (std::uint64_t i = 0; i < count; ++i) add(items, std::to_string(i), depth + 1);
        bson_append_array(to, key, -1, items.get());
        break;
      }
      default:
        bson_append_symbol(to, key, -1, "sym", -1);
    }
  }

  std::uint64_t below(std::uint64_t end) { return random_() % end; }

 private:
  std::string text() {
    constexpr std::array<const char*, 6> parts{"a",  "\xc3\xb6", "\xe2\x82\xac",
                                               "\"", "\\n\x01",  "x y"};
    std::string result;
    for (auto left = below(6); left > 0; --left) result += parts[below(parts.size())];
    return result;
  }
  double real() {
    constexpr std::array special{0.0,
                                 -0.0,
                                 1.0,
                                 0.1,
                                 -2.5e300,
                                 5e-324,
                                 std::numeric_limits<double>::infinity(),
                                 -std::numeric_limits<double>::infinity(),
                                 9007199254740993.0};
    return special[below(special.size())];
  }
  std::int64_t date() {
    // libbson 1.23 writes years after 9999 as plain dates, against the specification.
    constexpr std::array<std::int64_t, 5> special{0, 1'659'039'316'148, -1, 253'402'300'799'999,
                                                  -62'135'596'800'000};
    return special[below(special.size())];
  }

  std::mt19937_64 random_;
};

}  // namespace headwater::mongodb
