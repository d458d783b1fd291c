#pragma once
// A message as an e-mail: MIME, UTF-8, Vietnamese first and English below.

#include <string>
#include <string_view>

#include "connectors/transport/http_driver.h"
#include "daemon/notify/channels.h"
#include "daemon/notify/message.h"

namespace ntmd::notify {

/// Ready to send. The same message gives the same text on every try, so that a mailbox can tell a repeated one.
connectors::Mail compose_mail(const OpenChannel& channel, const Message& message);

/// A header's value as RFC 2047 asks: ASCII as it is, else encoded words of whole characters in folded lines. What is
/// no printable character becomes a space, so that no header can be added by a value.
std::string header_text(std::string_view text);

}  // namespace ntmd::notify
