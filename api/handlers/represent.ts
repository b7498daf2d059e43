/** A request document as it is shown, and the tags it has. */
import type { RequestView } from '../../contracts/index.js';
import type { RequestDoc } from '../../infra/store/documents.js';
import type { ApiDeps } from '../deps.js';
import { etagOf } from '../http/etag.js';

/** The stored view with what the API itself knows: owner, linked request. */
export function represent(doc: RequestDoc, view: RequestView = doc.view): RequestView {
  const related =
    doc.after === null || view.related.some((r) => r.id === doc.after)
      ? view.related
      : [...view.related, { id: doc.after, relation: 'after' }];
  const links = (doc.links ?? []).filter((l) => !related.some((r) => r.id === l.id));
  return { ...view, owner: doc.owner ?? view.owner, related: [...related, ...links] };
}

/** The owner is not part of the workflow's revision, so it counts by itself. */
export function requestEtag(doc: RequestDoc, revision: number = doc.view.revision): string {
  return etagOf(doc.assignments === 0 ? revision : `${revision}.${doc.assignments}`);
}

/** Waits until the projection has caught up with an accepted command, at most `ms`; then gives what there is. */
export async function awaitProjection(
  deps: Pick<ApiDeps, 'requests'>,
  id: string,
  revision: number,
  ms = 1_000,
): Promise<RequestDoc | null> {
  const end = performance.now() + ms;
  for (;;) {
    const doc = await deps.requests.get(id);
    if (doc === null || doc.revision >= revision || performance.now() >= end) return doc;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
