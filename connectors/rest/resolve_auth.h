#pragma once
// From the names of secrets to the secrets, before a poll.

#include "connectors/auth/auth.h"
#include "connectors/rest/rest_spec.h"
#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/base/secret.h"

namespace ntmd::connectors {

/// Reads the secret; `clock` (must outlive the result) dates tokens. Keep the result for the next poll: it holds the
/// token.
base::Result<ResolvedAuth> resolve_auth(const AuthSpec& spec, const base::SecretFolder& secrets,
                                        const base::Clock& clock);

}  // namespace ntmd::connectors
