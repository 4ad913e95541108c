// Ends a poll() from another thread.
#pragma once

#include <sys/eventfd.h>

#include "src/base/descriptor.h"

namespace headwater {

/// A file descriptor that polls as readable after signal(), until drain(). Any thread.
class Wake {
 public:
  void signal() const { ::eventfd_write(event_.get(), 1); }
  void drain() const {
    eventfd_t count = 0;
    ::eventfd_read(event_.get(), &count);
  }
  [[nodiscard]] int get() const { return event_.get(); }

 private:
  // A full one, which does not block either, is awake anyway.
  Descriptor event_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
};

}  // namespace headwater
