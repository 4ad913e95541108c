// For the tests of this folder.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "src/config/config.h"
#include "src/config/testing.h"

namespace headwater::kubernetes {

/// Reads a section as an adapter would: `path` is data, `ca` a file, `url` an address, `library` a
/// library's file.
inline void read_as_adapter(config::Section section) {
  if (section.has("path")) section.data_path("path");
  if (section.has("url")) section.addresses("url");
  section.path_or_none("ca");
  section.text_or("password", "");
  const std::string library = section.text_or("library", "");
  if (!library.empty()) section.names_file("library", library);
  EXPECT_TRUE(section.finish()) << section.finish().error().message;
}

/// A configuration whose sources, streams and hints are all called `x`.
inline config::Survey survey_of(const config::TemporaryFolder& folder, const std::string& yaml) {
  auto survey = config::survey(folder.write("shop.yaml", yaml));
  if (!survey) {
    ADD_FAILURE() << survey.error().message;
    return survey_of(folder, "relay: a\nsource: { x: { } }\nstream: { x: { } }\n");
  }
  for (config::RelayConfig& relay : survey->configuration.relays) {
    read_as_adapter(relay.source.child("x"));
    read_as_adapter(relay.stream.child("x"));
    if (relay.whole.has("standby")) read_as_adapter(relay.whole.child("standby").child("x"));
  }
  return *std::move(survey);
}

}  // namespace headwater::kubernetes
