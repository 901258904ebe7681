// Drafts of menu flows: kept, checked, tried out, published.
import type { Draft, DraftLine, FlowFault } from './flow-types';
import { address, http } from './http';
import type { Menu, MenuFlow } from './types';

const at = (name: string, what: string) => `menus/${encodeURIComponent(name)}/${what}`;

export const flows = {
  drafts: () => http.load<DraftLine[]>('menu-drafts'),
  draft: (name: string) => http.load<Draft>(at(name, 'draft')),
  keep: (name: string, flow: MenuFlow, base_version: number) =>
    http.put<Draft>(at(name, 'draft'), { flow, base_version }),
  discard: (name: string) => http.remove(at(name, 'draft')),
  check: (name: string, flow: MenuFlow) => http.post<{ faults: FlowFault[] }>(at(name, 'check'), { flow }),
  publish: (name: string) => http.post<Menu>(at(name, 'publish')),
  ring: (name: string, facts: string[]) => http.post<{ call_id: string }>(at(name, 'try'), { facts }),
  take: (name: string, toml: string) => http.post<Draft>(at(name, 'import'), { toml }),
  fileAddress: (name: string) => address(at(name, 'export')),
};
