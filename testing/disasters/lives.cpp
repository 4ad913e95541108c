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

/// A life that has not ended by itself after so many usual ones is killed: sooner while another one
/// hangs, which may hold what this one needs.
constexpr int most_usual_lives = 5;
constexpr int most_beside_one_that_hangs = 2;
/// Until the first has shown what is usual.
constexpr Span limit_at_first = std::chrono::seconds(10);
constexpr Span usual_at_first = std::chrono::milliseconds(50);

/// How one life ends.
struct Plan {
  Fault fault;
  /// Killed from outside after so much of a usual life, whatever it is doing; 0: not.
  double moment = 0;
};

Plan plan(std::uint64_t seed, std::size_t number) {
  Random random(seed + number);
  const auto any = [&](std::uint64_t below) { return random() % below; };
  Fault fault{.passing = 1 + any(3),
              .into_append = std::chrono::microseconds(any(std::uint64_t{1} << (1 + any(13))))};
  const double moment = static_cast<double>(1 + any(150)) / 100;
  // In turn, so that chance leaves none out: twenty kinds, each step as often as any other.
  const auto kind = (seed + number) * 7 % 20;
  const auto step = static_cast<Step>((seed + number) % step_words.size());
  if (kind < 4) return {.fault = {.passing = 0}, .moment = moment};
  if (kind < 7) fault.signal = SIGSTOP;
  const bool inside = kind >= 6 && kind < 10;
  if (!inside) fault.step = step;
  return {.fault = fault};
}

/// In memory that is the same for this process and its children.
std::span<Deeds> shared_deeds(std::size_t count) {
  void* memory = ::mmap(nullptr, count * sizeof(Deeds), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) std::abort();
  auto* first = static_cast<Deeds*>(memory);
  std::uninitialized_value_construct_n(first, count);
  return {first, count};
}

struct Life {
  std::size_t number = 0;
  pid_t pid = 0;
  Plan plan;
  std::uint64_t hung_at = 0;  ///< Appends that all lives had made when this one began to hang.
  std::uint64_t refused = 0;  ///< Its appends refused before it woke.
};

class Lives {
 public:
  Lives(std::string config, std::size_t count, std::uint64_t seed)
      : config_(std::move(config)), seed_(seed), deeds_(shared_deeds(count)) {
    // Blocked, it waits until wait() asks for it.
    ::sigemptyset(&child_);
    ::sigaddset(&child_, SIGCHLD);
    ::sigprocmask(SIG_BLOCK, &child_, &usual_mask_);
  }

  void run();
  [[nodiscard]] const std::map<std::string, std::uint64_t>& counts() const { return counts_; }

 private:
  Life begin(std::size_t number);
  /// To its end, or until it hangs: then true.
  bool live(Life& life);
  void wake(Life& life);
  void end_woken();
  /// Ends it from outside, if it has not done so itself just then.
  void kill(const Life& life, const char* why);
  void note_end(const Life& life, int status);
  [[nodiscard]] std::optional<int> wait(pid_t pid, SteadyTime until) const;
  [[nodiscard]] const char* place(const Life& life) const;
  [[nodiscard]] std::uint64_t appends() const;

  std::string config_;
  std::uint64_t seed_;
  std::span<Deeds> deeds_;  // of each life
  sigset_t child_{};
  sigset_t usual_mask_{};
  SystemClock clock_;
  std::optional<Span> usual_;  // how long a life lasts that ends by itself
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
  if (::getppid() != parent) ::_exit(127);  // it died before the line above
  ::sigprocmask(SIG_SETMASK, &usual_mask_, nullptr);
  ::_exit(run_faulty_relay(config_, planned.fault, deeds_[number]));
}

/// The status of a child that has ended or begun to hang; nothing if it has not `until` then.
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
  Span limit =
      usual_ ? *usual_ * (hung_ ? most_beside_one_that_hangs : most_usual_lives) : limit_at_first;
  if (any_time) limit = std::chrono::duration_cast<Span>(usual * life.plan.moment);
  const SteadyTime began = clock_.steady();
  const auto status = wait(life.pid, began + limit);
  if (!status) {
    // What is usual is longer than was thought, or the machine is busy.
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

/// Where a life was that did not end at a step.
const char* Lives::place(const Life& life) const {
  const Deeds& deeds = deeds_[life.number];
  if (deeds.appending) return "in_append";
  return deeds.at_work ? "between_appends" : "connecting";
}

std::uint64_t Lives::appends() const {
  std::uint64_t sum = 0;
  for (const Deeds& deeds : deeds_) sum += deeds.appends;
  return sum;
}

void Lives::wake(Life& life) {
  life.refused = deeds_[life.number].refused;
  if (appends() > life.hung_at) ++counts_["woken_late"];
  ::kill(life.pid, SIGCONT);
}

void Lives::end_woken() {
  if (!woken_) return;
  kill(*woken_, "woken_and_killed");
  if (deeds_[woken_->number].refused > woken_->refused) ++counts_["woken_and_refused"];
  woken_.reset();
}

void Lives::run() {
  for (std::size_t number = 0; number < deeds_.size(); ++number) {
    Life life = begin(number);
    const bool hangs = live(life);
    // Whoever hung before this one lived wakes now, and has until the next one's end.
    end_woken();
    if (hung_) wake(*hung_);
    woken_ = std::exchange(hung_, std::nullopt);
    if (hangs) hung_ = life;
  }
  end_woken();
  if (hung_) kill(*hung_, "woken_and_killed");
  counts_["lives"] = deeds_.size();
  for (const Deeds& deeds : deeds_) counts_["refused"] += deeds.refused;
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
