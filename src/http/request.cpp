#include "src/http/request.h"

namespace headwater::http {

Result<Answer> get(const std::string& address, const std::string& path, Milliseconds patience) {
  auto client = Client::create(address, std::nullopt, patience);
  if (!client) return failed(client);
  return client->get(path, {}, {});
}

}  // namespace headwater::http
