// The sync documents of a MongoDB deployment: a document for each relay that has one.
#pragma once

#include <memory>
#include <string>

#include "src/sources/mongodb/feed/watch.h"
#include "src/sources/shared/sync_document.h"

namespace headwater::mongodb {

/// The collection `headwater_standby` of the database that is watched: its rights are at hand, and it
/// stays where the data goes. Of a whole deployment, in the database `headwater`: any other may be
/// dropped by its users. prepare() makes it.
[[nodiscard]] std::unique_ptr<sources::SyncPlace> make_standby_collection(std::string uri,
                                                                          const Watch& watch);

}  // namespace headwater::mongodb
