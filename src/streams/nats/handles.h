// cnats' handles, each destroyed with its owner.
#pragma once

#include <nats/nats.h>

#include <memory>

namespace headwater::nats {

struct Destroy {
  void operator()(natsOptions* it) const { natsOptions_Destroy(it); }
  void operator()(natsConnection* it) const { natsConnection_Destroy(it); }
  void operator()(natsSubscription* it) const { natsSubscription_Destroy(it); }
  void operator()(natsMsg* it) const { natsMsg_Destroy(it); }
  void operator()(natsInbox* it) const { natsInbox_Destroy(it); }
  void operator()(jsCtx* it) const { jsCtx_Destroy(it); }
  void operator()(jsStreamInfo* it) const { jsStreamInfo_Destroy(it); }
  void operator()(jsAccountInfo* it) const { jsAccountInfo_Destroy(it); }
  void operator()(kvStore* it) const { kvStore_Destroy(it); }
  void operator()(kvEntry* it) const { kvEntry_Destroy(it); }
};

template <class T>
using Handle = std::unique_ptr<T, Destroy>;

using Message = Handle<natsMsg>;

/// For the library's `T** made`: takes over what was put there when the call is over.
template <class T>
class Into {
 public:
  explicit Into(Handle<T>& to) : to_(to) {}
  ~Into() { to_.reset(made_); }
  Into(const Into&) = delete;
  Into& operator=(const Into&) = delete;
  operator T**() { return &made_; }  // NOLINT(google-explicit-constructor): it stands for one

 private:
  Handle<T>& to_;
  T* made_ = nullptr;
};

}  // namespace headwater::nats
