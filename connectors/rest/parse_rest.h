#pragma once
// The `fetch: rest:` part of a connector, read strictly.

#include <map>
#include <optional>
#include <string>

#include "connectors/rest/rest_spec.h"
#include "daemon/settings/node.h"
#include "daemon/settings/problems.h"

namespace ntmd::connectors {

/// `node` is the value of `rest:`; `parameters` are those of `with:` after defaults, which `$name` stands for. nullopt
/// when there are faults; each is in `problems` with its place.
///
///   base_url: $base_url
///   auth: none | {basic: {user, password}} | {bearer: {token}} | {oauth2: {token_path | token_url, client_id,
///   client_secret, scope}} headers: {Accept: application/fhir+json} steps:
///     - request: {method, path, query: {…}, body: {…}, accept: [200]}
///       expect: {/code: OK}          # must be there and equal
///       echo: {/data/id: $item.id}   # equal, or not there
///       paginate: {kind: offset_limit, size, items, total, next, more, first_page, max_pages, absent_is_empty, repeat}
///       require: [/total]            # must hold a plain value
///       hint: what a failed expect means
///       each: {items: /data/children, pick: {id: /id}, keep: {/type: school}, skip: {/id: $root}, none: {id: x},
///       max_items} emit: true
///   incremental: {windows: finished_months, every: month, ask_again: 2, previous_year_until: 45d}
///   limits: {timeout: 60s, max_body: 64MiB}
///   retry: {tries: 5, backoff: 1s, backoff_cap: 30s}
///
/// A `pick` may also be {in: /identifier, where: {/system: x}, value: /value, optional: true}. A step without `each`
/// that is not the last is a check: it has `expect`, and the next step is asked once.
///
/// `{name}` inside a text, or `$name` as the whole of it, is filled when asked: a parameter,
/// `window.{name,year,month,first,last}`, `item.<key>`, `page.{number,offset,size,cursor}`.
std::optional<RestSpec> parse_rest(const settings::Node& node, const std::map<std::string, settings::Node>& parameters,
                                   settings::Problems& problems);

}  // namespace ntmd::connectors
