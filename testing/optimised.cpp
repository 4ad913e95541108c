// The templates in which test programs spend most of their time, compiled at -O2. If a template is
// compiled in several files, the linker uses the first copy for all of them; without this file,
// that of a test at -O0, even for the product (cmake/precompiled.cmake).
#include <string>
#include <vector>

#include "src/event/change.h"
#include "src/event/event.h"

template class std::basic_string<char>;
template class std::vector<std::string>;
template class std::vector<headwater::Change>;
template class std::vector<headwater::Event>;
