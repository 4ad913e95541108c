#include "src/sources/mongodb/options.h"

namespace headwater::mongodb {

SourceOptions copy_of(const SourceOptions& options) {
  SourceOptions copy{.uri = options.uri,
                     .watch = options.watch,
                     .pipeline = {},
                     .full_document = options.full_document,
                     .full_document_before_change = options.full_document_before_change,
                     .policies = options.policies,
                     .form = options.form,
                     .identity = options.identity,
                     .part = options.part};
  for (const Doc& stage : options.pipeline) copy.pipeline.push_back(Doc::copy_of(*stage.get()));
  return copy;
}

}  // namespace headwater::mongodb
