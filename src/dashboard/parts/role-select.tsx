import { PROJECT_ROLES, type ProjectRole } from '../../vocabulary/index.ts';
import { ROLE_LABELS } from './labels.ts';

interface Props {
  /** Where no visible label is beside it. */
  label?: string;
  value: ProjectRole;
  change: (role: ProjectRole) => void;
}

export const RoleSelect = ({ label, value, change }: Props) => (
  <select
    class="input"
    aria-label={label}
    value={value}
    onChange={(event) => change(event.currentTarget.value as ProjectRole)}
  >
    {PROJECT_ROLES.map((role) => (
      <option key={role} value={role}>
        {ROLE_LABELS[role]}
      </option>
    ))}
  </select>
);
