#include "testing/disasters/lives.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "src/base/clock.h"
#include "src/base/random.h"
#include "src/json/json.h"
#include "testing/disasters/faulty_relay.h"

namespace headwater::rig {
namespace {

using Span = std::chrono::nanoseconds;

/// A life that lasts this many times as long as usual is killed. While another one hangs, the limit
/// is shorter, because that one may hold a lock that this one needs.
constexpr int most_usual_lives = 5;
constexpr int most_usual_lives_while_one_hangs = 2;
/// Before the first life has shown how long is usual.
constexpr Span limit_at_first = std::chrono::seconds(10);
constexpr Span usual_at_first = std::chrono::milliseconds(50);

/// How a life is to end.
struct Plan {
  Fault fault;
  /// If not 0, it is killed from outside after this part of a usual life, whatever it is doing.
  double moment = 0;
};

Plan plan(std::uint64_t seed, std::size_t number) {
  Random random(seed + number);
  const auto any = [&](std::uint64_t below) { return random() % below; };
  Fault fault{.passing = 1 + any(3),
              .into_append = std::chrono::microseconds(any(std::uint64_t{1} << (1 + any(13))))};
  const double moment = static_cast<double>(1 + any(150)) / 100;
  // Twenty kinds take turns, with all steps equally often, so that chance omits none.
  const auto kind = (seed + number) * 7 % 20;
  const auto step = static_cast<Step>((seed + number) % step_words.size());
  // One in four dies so early that it has not connected: that may be a small part of a life.
  if (kind == 0) return {.fault = {.passing = 0}, .moment = moment / 100};
  if (kind < 4) return {.fault = {.passing = 0}, .moment = moment};
  if (kind < 7) fault.signal = SIGSTOP;
  const bool inside = kind >= 6 && kind < 10;
  if (!inside) fault.step = step;
  return {.fault = fault};
}

/// Memory that this process shares with its children.
std::span<RelayState> shared_states(std::size_t count) {
  void* memory = ::mmap(nullptr, count * sizeof(RelayState), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) std::abort();
  auto* first = static_cast<RelayState*>(memory);
  std::uninitialized_value_construct_n(first, count);
  return {first, count};
}

struct Life {
  std::size_t number = 0;
  pid_t pid = 0;
  Plan plan;
  std::uint64_t hung_at = 0;  ///< The number of appends by all lives when this one began to hang.
  std::uint64_t refused = 0;  ///< Its refused appends before it woke.
};

class Lives {
 public:
  Lives(std::string config, std::size_t count, std::uint64_t seed)
      : config_(std::move(config)), seed_(seed), states_(shared_states(count)) {
    // A blocked signal stays pending until wait() takes it.
    ::sigemptyset(&child_);
    ::sigaddset(&child_, SIGCHLD);
    ::sigprocmask(SIG_BLOCK, &child_, &usual_mask_);
  }

  void run();
  [[nodiscard]] const std::map<std::string, std::uint64_t>& counts() const { return counts_; }

 private:
  Life begin(std::size_t number);
  /// Waits until it ends or hangs. Returns whether it hangs.
  bool live(Life& life);
  void wake(Life& life);
  void end_woken();
  /// Kills it, unless it has just ended by itself.
  void kill(const Life& life, const char* why);
  void note_end(const Life& life, int status);
  [[nodiscard]] std::optional<int> wait(pid_t pid, SteadyTime until) const;
  [[nodiscard]] const char* place(const Life& life) const;
  [[nodiscard]] std::uint64_t appends() const;

  std::string config_;
  std::uint64_t seed_;
  std::span<RelayState> states_;  // one for each life
  sigset_t child_{};
  sigset_t usual_mask_{};
  SystemClock clock_;
  std::optional<Span> usual_;  // the duration of a life that ends by itself
  std::optional<Life> hung_;
  std::optional<Life> woken_;
  std::map<std::string, std::uint64_t> counts_;
};

Life Lives::begin(std::size_t number) {
  const Plan planned = plan(seed_, number);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) std::abort();
  if (pid > 0) return {.number = number, .pid = pid, .plan = planned};
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);  // the parent died before prctl()
  ::sigprocmask(SIG_SETMASK, &usual_mask_, nullptr);
  ::_exit(run_faulty_relay(config_, planned.fault, states_[number]));
}

/// The status of a child that has ended or hangs; nullopt if neither has happened by `until`.
std::optional<int> Lives::wait(pid_t pid, SteadyTime until) const {
  for (;;) {
    int status = 0;
    if (::waitpid(pid, &status, WNOHANG | WUNTRACED) == pid) return status;
    const Span left = until - clock_.steady();
    if (left.count() <= 0) return std::nullopt;
    const timespec span{.tv_sec = left.count() / 1'000'000'000,
                        .tv_nsec = left.count() % 1'000'000'000};
    ::sigtimedwait(&child_, nullptr, &span);
  }
}

bool Lives::live(Life& life) {
  const bool any_time = life.plan.moment > 0;
  const Span usual = usual_.value_or(usual_at_first);
  Span limit = usual_ ? *usual_ * (hung_ ? most_usual_lives_while_one_hangs : most_usual_lives)
                      : limit_at_first;
  if (any_time) limit = std::chrono::duration_cast<Span>(usual * life.plan.moment);
  const SteadyTime began = clock_.steady();
  const auto status = wait(life.pid, began + limit);
  if (!status) {
    // The usual duration was underestimated, or the machine is busy.
    if (!any_time && !hung_) usual_ = usual + usual / 4;
    kill(life, any_time ? "killed" : "overdue");
    return false;
  }
  const Span lasted = clock_.steady() - began;
  if (!hung_) usual_ = usual_ ? usual + (std::min<Span>(lasted, usual * 3) - usual) / 16 : lasted;
  if (!WIFSTOPPED(*status)) {
    note_end(life, *status);
    return false;
  }
  ++counts_["hung"];
  ++counts_[std::string("hung_") + (life.plan.fault.step ? "at_step" : place(life))];
  life.hung_at = appends();
  return true;
}

void Lives::kill(const Life& life, const char* why) {
  ::kill(life.pid, SIGKILL);
  int status = 0;
  while (::waitpid(life.pid, &status, 0) != life.pid) {
  }
  if (!WIFSIGNALED(status)) return note_end(life, status);
  ++counts_[why];
  ++counts_[place(life)];
}

void Lives::note_end(const Life& life, int status) {
  if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL) {
    ++counts_["ended_otherwise"];
    return;
  }
  ++counts_[life.plan.fault.step ? std::string(word_for(*life.plan.fault.step)) : place(life)];
}

/// What a life was doing that did not end at a step.
const char* Lives::place(const Life& life) const {
  const RelayState& state = states_[life.number];
  if (state.appending) return "in_append";
  return state.connected ? "between_appends" : "connecting";
}

std::uint64_t Lives::appends() const {
  std::uint64_t sum = 0;
  for (const RelayState& state : states_) sum += state.appends;
  return sum;
}

void Lives::wake(Life& life) {
  life.refused = states_[life.number].refused;
  if (appends() > life.hung_at) ++counts_["woken_late"];
  ::kill(life.pid, SIGCONT);
}

void Lives::end_woken() {
  if (!woken_) return;
  kill(*woken_, "woken_and_killed");
  if (states_[woken_->number].refused > woken_->refused) ++counts_["woken_and_refused"];
  woken_.reset();
}

void Lives::run() {
  for (std::size_t number = 0; number < states_.size(); ++number) {
    Life life = begin(number);
    const bool hangs = live(life);
    // The one that hung before this life wakes now, and runs until the next life has ended.
    end_woken();
    if (hung_) wake(*hung_);
    woken_ = std::exchange(hung_, std::nullopt);
    if (hangs) hung_ = life;
  }
  end_woken();
  if (hung_) kill(*hung_, "woken_and_killed");
  counts_["lives"] = states_.size();
  for (const RelayState& state : states_) counts_["refused"] += state.refused;
  counts_["appends"] = appends();
}

}  // namespace

int run_lives(const std::string& config, std::size_t count, std::uint64_t seed) {
  Lives lives(config, count, seed);
  lives.run();
  Json counts = Json::object();
  for (const auto& [what, times] : lives.counts()) counts.set(what, times);
  std::fprintf(stderr, "%s\n", Json{{"lives", counts}}.dump().c_str());
  return 0;
}

}  // namespace headwater::rig
