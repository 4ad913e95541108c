#include "src/event/event.h"

#include <headwater/event.h>

#include "src/client/convert.h"

namespace headwater::client {
namespace {

const StoredEvent& stored_in(const void* event) { return *static_cast<const StoredEvent*>(event); }

}  // namespace

std::uint64_t Event::sequence() const { return stored_in(stored_).sequence; }
std::string_view Event::source() const { return stored_in(stored_).event.source; }
std::string_view Event::id() const { return stored_in(stored_).event.id; }
std::string_view Event::type() const { return stored_in(stored_).event.type.text(); }
std::string_view Event::operation() const { return stored_in(stored_).event.type.operation(); }
std::string_view Event::database() const { return stored_in(stored_).event.type.database(); }
std::string_view Event::table() const { return stored_in(stored_).event.type.table(); }
std::string_view Event::subject() const { return stored_in(stored_).event.subject; }
std::string_view Event::partition_key() const { return stored_in(stored_).event.partition_key; }
Time Event::time() const { return stored_in(stored_).event.time; }
std::string_view Event::data() const { return stored_in(stored_).event.data; }
std::string Event::to_json() const { return headwater::to_json(stored_in(stored_)); }

Batch::Batch() : held_(std::make_shared<Held>(Held{std::make_shared<consumer::Events>()})) {}
Batch::Batch(std::shared_ptr<const Held> held) : held_(std::move(held)) {}

std::size_t Batch::size() const { return held_->events->events.size(); }
Event Batch::operator[](std::size_t index) const { return Event(&held_->events->events[index]); }
std::uint64_t Batch::acknowledged() const { return held_->events->acknowledged; }
unsigned Batch::worker() const { return held_->events->worker; }

}  // namespace headwater::client
