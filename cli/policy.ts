/** `habeas policy check`, `habeas policy explain` and `habeas policy ropa`. Results go to `write`, line by line; the return value is the exit status. */
import { checkPaths, checkPolicies, faultLine, policiesFolder } from '../infra/policies/index.js';
import { EXPLAIN_LOCALES } from '../contracts/locales/explain/index.js';
import { PACKAGE_LOCALES } from '../contracts/locales/package/index.js';
import { explainPack } from '../domain/policy/explain.js';
import { LANGUAGES } from '../domain/words.js';
import { recordOfProcessing, ropaMarkdown } from '../domain/policy/ropa.js';

export type Write = (line: string) => void;

/**
 * Checks packs and says every fault as `file:line:column path message`.
 * @param paths files or folders; empty = the folder of the setting, or the shipped one
 * @returns 0 when all is right, 1 when a fault was found
 */
export async function policyCheck(
  paths: readonly string[],
  write: Write,
  setting: string | undefined = process.env['HABEAS_POLICIES'],
): Promise<0 | 1> {
  const { files, faults } = await checkPaths(paths.length === 0 ? [policiesFolder(setting)] : paths);
  for (const fault of faults) write(faultLine(fault));
  if (faults.length === 0) write(`${files.length} files checked, no faults`);
  return faults.length === 0 ? 0 : 1;
}

/**
 * Says in plain words what the pack of an operator does.
 * @param options `language`: en (default), nb or sv
 * @returns 0; 1 when the pack has faults (they are written); 2 when there is no such operator or language
 */
export async function policyExplain(
  operator: string,
  options: { readonly language?: string },
  write: Write,
  setting: string | undefined = process.env['HABEAS_POLICIES'],
): Promise<0 | 1 | 2> {
  const language = LANGUAGES.find((one) => one === (options.language ?? 'en'));
  if (language === undefined) {
    write(`no language "${options.language ?? ''}"; there are: ${LANGUAGES.join(', ')}`);
    return 2;
  }
  const { packs, faults, authorities } = await checkPolicies(policiesFolder(setting));
  const frozen = packs.get(operator);
  if (frozen === undefined) return noPack(operator, faults, [...packs.keys()], write);
  const text = explainPack(frozen.pack, {
    texts: EXPLAIN_LOCALES[language],
    words: PACKAGE_LOCALES[language],
    authority: authorities.get(frozen.pack.legal.authority)?.name,
  });
  for (const line of text.trimEnd().split('\n')) write(line);
  write(`Pack ${frozen.hash}`);
  return 0;
}

/**
 * The operator's record of processing (GDPR Art. 30(1) and (2)), as Markdown or, with `json`, as one JSON object.
 * @returns 0; 1 when the pack has faults (they are written); 2 when there is no such operator
 */
export async function policyRopa(
  operator: string,
  options: { readonly json?: boolean },
  write: Write,
  setting: string | undefined = process.env['HABEAS_POLICIES'],
): Promise<0 | 1 | 2> {
  const { packs, faults, authorities } = await checkPolicies(policiesFolder(setting));
  const frozen = packs.get(operator);
  if (frozen === undefined) return noPack(operator, faults, [...packs.keys()], write);
  const record = recordOfProcessing(frozen, authorities.get(frozen.pack.legal.authority) ?? null);
  if (options.json === true) write(JSON.stringify(record));
  else for (const line of ropaMarkdown(record).trimEnd().split('\n')) write(line);
  return 0;
}

function noPack(
  operator: string,
  faults: readonly Parameters<typeof faultLine>[0][],
  operators: readonly string[],
  write: Write,
): 1 | 2 {
  const own = faults.filter(({ file }) => file.endsWith(`/${operator}.yaml`) || file.endsWith(`/${operator}.yml`));
  for (const fault of own) write(faultLine(fault));
  if (own.length === 0) write(`no pack of "${operator}"; there are: ${operators.join(', ') || 'none'}`);
  return own.length === 0 ? 2 : 1;
}
