// Of a template that is compiled in several files, the linker takes the first one for all of them:
// a test's, which is compiled at -O0, also for the product it tests. So these come before
// (cmake/precompiled.cmake): what a test program spends most of its time in.
#include <string>
#include <vector>

#include "src/event/change.h"
#include "src/event/event.h"

template class std::basic_string<char>;
template class std::vector<std::string>;
template class std::vector<headwater::Change>;
template class std::vector<headwater::Event>;
