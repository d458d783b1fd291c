#pragma once
// What a request gets, decided without a socket.

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/status.hpp>
#include <optional>
#include <string>

#include "daemon/serve/listen_address.h"
#include "daemon/serve/published_file.h"
#include "daemon/serve/status_server.h"

namespace ntmd::serve {

using Request = boost::beast::http::request<boost::beast::http::empty_body>;

/// Either a text or an open file. `head_only`: the length is told and nothing else sent.
struct Answer {
  boost::beast::http::status status = boost::beast::http::status::ok;
  std::string type = "text/plain; charset=utf-8";
  std::string text;
  std::optional<PublishedFile> file;
  bool head_only = false;
  std::string allow;  ///< of 405
  std::string tag;
};

Answer plain_answer(boost::beast::http::status status, std::string text);
Answer answer_to(const Request& request, const ServerSettings& settings, const ServerHooks& hooks,
                 const ListenAddress& own);

/// What every answer says: not to be stored, sniffed or framed, one per connection.
void put_common_fields(boost::beast::http::fields& fields, const Answer& answer);

}  // namespace ntmd::serve
