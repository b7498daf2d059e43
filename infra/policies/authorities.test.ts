/** The list of supervisory authorities that letters name is dated data: complete for the EEA, honest about what nobody checked. */
import { expect, it } from 'vitest';
import { loadPolicies, policiesFolder } from './index.js';

const EEA = 'AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE IS LI NO'.split(' ');

it('names an authority for every country of the EEA and the United Kingdom', async () => {
  const { authorities } = await loadPolicies(policiesFolder(undefined));
  const countries = [...authorities.values()].map((a) => a.country);
  expect([...new Set(countries)].sort()).toEqual([...EEA, 'GB'].sort());
  expect(new Set(countries).size).toBe(countries.length);
});

it('knows the postal addresses of the operators’ own authorities', async () => {
  const { authorities, packs } = await loadPolicies(policiesFolder(undefined));
  expect(authorities.get('no-datatilsynet')).toMatchObject({
    name: 'Datatilsynet',
    address: 'Postboks 458 Sentrum, 0105 Oslo',
    url: 'https://www.datatilsynet.no',
  });
  expect(authorities.get('se-imy')).toMatchObject({
    name: 'Integritetsskyddsmyndigheten',
    address: 'Box 8114, 104 20 Stockholm',
    url: 'https://www.imy.se',
  });
  for (const { pack } of packs.values()) expect(authorities.get(pack.legal.authority)?.address).toBeTruthy();
});
