// Exceptions: `# headwater: allow RULE because REASON` in a comment, and
// `headwater/allow-RULE: REASON` in the annotations of an object.
#pragma once

#include <string>
#include <vector>

#include "src/kubernetes/checks.h"
#include "src/kubernetes/manifests.h"

namespace headwater::kubernetes {

class Allowances {
 public:
  /// Reads the comments of all files and the annotations of all objects. Those that are wrong
  /// become findings. `manifests` must outlive it.
  Allowances(const Manifests& manifests, std::vector<Found>& found);

  /// Removes what they allow, and adds those that allow nothing. `checked` are the objects that
  /// were looked at as a relay's; if `restricted`, the exceptions of others are not judged.
  void apply(std::vector<Found>& found, const std::vector<const Object*>& checked, bool restricted);

 private:
  struct Allowance {
    const Text* file;
    int line;  ///< Its own.
    Rule rule;
    int target = 0;        ///< The line that it is for; 0: all of the document or object.
    std::size_t document;  ///< If it has no object.
    const Object* object = nullptr;
    bool used = false;
  };

  void read_comments(const Text& file, std::vector<Found>& found);
  void read_annotations(const Object& object, std::vector<Found>& found);
  [[nodiscard]] static bool covers(const Allowance& allowance, const Found& found);

  std::vector<Allowance> allowances_;
};

}  // namespace headwater::kubernetes
