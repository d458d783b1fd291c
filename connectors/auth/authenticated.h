#pragma once
// Any exchange with its requests authorised; fetches and refreshes the OAuth2 token by itself.

#include <memory>
#include <string>

#include "connectors/auth/auth.h"
#include "connectors/wire/exchange.h"

namespace ntmd::connectors {

/// Wraps `inner`, whose requests get the Authorization header when they go to `origin` (Url::origin); to any other
/// place they go without it. OAuth2: a 401 is answered by one fresh token and the same request again; the second 401
/// goes to `inner`. `denied` when the token server refuses the client.
std::unique_ptr<Exchange> make_authenticated(std::unique_ptr<Exchange> inner, ResolvedAuth auth, std::string origin);

}  // namespace ntmd::connectors
