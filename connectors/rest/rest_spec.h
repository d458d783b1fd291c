#pragma once
// A polled source's `fetch: rest:` part, compiled: what to ask, how to page, whom to ask next.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "connectors/auth/auth.h"
#include "connectors/paging/page_spec.h"
#include "connectors/rest/template.h"
#include "connectors/wire/retry_limits.h"
#include "daemon/settings/reader.h"

namespace ntmd::connectors {

/// How the caller proves who it is. Secrets are names until a poll resolves them (resolve_auth.h).
struct AuthSpec {
  AuthKind kind = AuthKind::none;
  std::string user;                            ///< basic
  std::optional<settings::SecretName> secret;  ///< password, token or client secret
  std::string client_id;
  std::string token_url;  ///< absolute
  std::string scope;
};

/// A part of the answer that must hold a value.
struct ExpectSpec {
  std::string pointer;
  Template value;
  bool may_be_absent = false;  ///< absent or null is fine; only another value is not
};

/// A field of an element, compared with a value.
struct KeepSpec {
  std::string pointer;
  Template value;
  bool equal = true;  ///< false: kept when it differs
};

/// What the next step's `{item.<key>}` is.
struct PickSpec {
  std::string key;
  std::string pointer;          ///< inside the element: the value, or with `where` an array
  std::vector<KeepSpec> where;  ///< the value is taken from the first entry of the array that fits
  std::string value;            ///< with `where`: pointer inside that entry
  bool optional = false;        ///< empty when it is not there; else that is a fault
};

/// The next step is asked once per element of this array of the answer.
struct EachSpec {
  std::string items;  ///< JSON pointer
  std::vector<PickSpec> pick;
  std::vector<KeepSpec> keep;    ///< all must hold, else the element is skipped
  std::optional<Values> none;    ///< a listing without any: the next step is asked once, with these `item.` values
  bool absent_is_empty = false;  ///< the array may be left out; else that is a fault
  std::uint32_t max_items = 20000;
};

/// One request and what becomes of its answer.
struct StepSpec {
  std::string method = "GET";
  Template path;
  std::vector<std::pair<std::string, Template>>
      query;      ///< a parameter that is `$page.cursor` is left out on the first page
  Template body;  ///< JSON; empty: none
  std::vector<int> accept = {200};
  std::vector<ExpectSpec> expect;
  PageSpec page;
  std::string hint;                  ///< said after a failed `expect`: what it means, what to do
  std::vector<std::string> require;  ///< pointers to plain values that must be there
  std::optional<EachSpec> each;      ///< without it the next step is asked once
  bool emit = false;                 ///< the answer is a document; always so for the last step
};

/// Which windows a poll asks for, one delivery each.
enum class WindowKind : std::uint8_t {
  today,            ///< one: what is true when asked, named by the day
  finished_months,  ///< every finished month of the assessment year
};

struct RestSpec {
  std::string base_url;  ///< scheme, host, port; no trailing slash
  AuthSpec auth;
  std::vector<std::pair<std::string, std::string>> headers;
  std::vector<StepSpec> steps;
  WindowKind window = WindowKind::today;
  std::uint32_t ask_again = 2;                ///< the last so many finished months are asked again each time
  std::chrono::days previous_year_until{45};  ///< so many days after 1 January last year's months are asked for too
  Values parameters;                          ///< from `with:`, by name
  RetryLimits retry;
  std::chrono::milliseconds timeout{60000};  ///< of one request
  std::uint64_t max_body = 64ULL << 20U;     ///< of one answer, decompressed
};

}  // namespace ntmd::connectors
