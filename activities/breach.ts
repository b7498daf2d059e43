/**
 * The activities of a breach. breach-search: who is affected · breach-draft: draft to the authority, reminders ·
 * breach-organisation and breach-tell: notices · breach-project: read model, ledger, forgetting · breach-context: shared.
 */
import { breachDraft, breachRemind } from './breach-draft.js';
import { breachOrganisation } from './breach-organisation.js';
import { breachForget, breachProject } from './breach-project.js';
import { breachSearch } from './breach-search.js';
import { breachTell } from './breach-tell.js';

export const BREACH = {
  breachSearch,
  breachDraft,
  breachRemind,
  breachOrganisation,
  breachTell,
  breachForget,
  breachProject,
} as const;
