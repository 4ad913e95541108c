// Waiting for the library's queues and for a stop at once.
#pragma once

namespace headwater::kafka {

/// A file descriptor that polls as readable after signal(), until drain().
class Wake {
 public:
  Wake();
  ~Wake();
  Wake(const Wake&) = delete;
  Wake& operator=(const Wake&) = delete;
  void signal() const;
  void drain() const;
  void wait(int milliseconds) const;

 private:
  int fd_;
};

}  // namespace headwater::kafka
