// Which request gets which reply.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "src/base/clock.h"
#include "src/gateway/access.h"
#include "src/gateway/feed.h"
#include "src/serve/reply.h"

namespace headwater::gateway {

using Feeds = std::map<std::string, std::unique_ptr<Feed>>;

/// One thread. Both arguments of the constructor must outlive it.
class Routes {
 public:
  Routes(const Access& access, const Feeds& feeds) : access_(access), feeds_(feeds) {}

  [[nodiscard]] std::unique_ptr<serve::Reply> reply_to(const serve::Request& request,
                                                       bool keeps) const;

 private:
  using Made = Result<std::unique_ptr<serve::Reply>>;
  [[nodiscard]] std::unique_ptr<serve::Reply> of_streams(const serve::Request& request, bool keeps,
                                                         const Rights& rights) const;
  [[nodiscard]] std::unique_ptr<serve::Reply> of_stream(const serve::Request& request, bool keeps,
                                                        const Rights& rights) const;
  [[nodiscard]] static Made of_place(const serve::Request& request, bool keeps, Feed& feed,
                                     const std::string& consumer);

  const Access& access_;
  const Feeds& feeds_;
};

}  // namespace headwater::gateway
