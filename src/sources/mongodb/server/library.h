// libmongoc itself, before anything of it is used.
#pragma once

namespace headwater::mongodb {

/// Starts libmongoc the first time it is called and does nothing afterwards. It then writes nothing
/// to stderr: what matters comes back as errors. Any thread.
void start_library();

}  // namespace headwater::mongodb
