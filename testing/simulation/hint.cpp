#include "testing/simulation/hint.h"

namespace headwater::simulation {
namespace {

/// A claim that was not renewed for so many intervals has lapsed.
constexpr int intervals_until_lapse = 4;

Error away() {
  return {.remedy = Remedy::retry, .name = "hint.away", .message = "the hint is away"};
}

}  // namespace

Hint::Hint(World& world) : world_(world) {
  if (world_.chance.in_thousand(300)) return;
  interval_ = world_.chance.span(20, 300);
  if (world_.chance.in_thousand(600)) lie_now_and_then();
}

/// The last lie stays after the faults.
void Hint::lie_now_and_then() {
  lie_ = static_cast<Lie>(world_.chance.between(0, 4));
  world_.after(world_.chance.span(100, 8'000), [this] {
    if (world_.faulty) lie_now_and_then();
  });
}

bool Hint::has_lapsed() const {
  return !holder_ || world_.now() - renewed_ > intervals_until_lapse * interval_;
}

void Hint::hold(const std::string& who) {
  holder_ = who;
  renewed_ = world_.now();
}

Result<Claim> Hint::claim(const std::string& who) {
  if (lie_ == Lie::away) return fail(away());
  if (lie_ == Lie::frozen) return Claim::others;
  if (lie_ == Lie::both) return Claim::ours;
  if (lie_ == Lie::lost) holder_.reset();
  if (holder_ != who && !has_lapsed()) return Claim::others;
  hold(who);
  return Claim::ours;
}

Result<Claim> Hint::take(const std::string& who) {
  if (lie_ == Lie::away) return fail(away());
  if (lie_ == Lie::frozen) return Claim::others;
  hold(who);
  return Claim::ours;
}

Result<void> Hint::give_up(const std::string& who) {
  if (lie_ == Lie::away) return fail(away());
  if (holder_ == who && lie_ != Lie::frozen) holder_.reset();
  return {};
}

}  // namespace headwater::simulation
