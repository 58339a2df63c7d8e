//! Who is looking. Every reading of the CRM that shows contacts takes a [`Viewer`], and what the viewer
//! may not see is absent from it: not refused, not counted, not hinted at (facts 5.4 rule 6, 5.7).

use std::collections::BTreeSet;
use vocabulary::centre::{Agent, Role};
use vocabulary::{AgentName, ContactId, FloorName, Lane, TenantName};

/// A member of staff with everything that decides what they may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Viewer {
    /// Their log-in name.
    pub name: AgentName,
    /// What they may do.
    pub roles: BTreeSet<Role>,
    /// Safeguarding lanes they are cleared for.
    pub clearances: BTreeSet<Lane>,
    /// Tenants whose contacts they may see, the operator's own among them.
    pub tenants: BTreeSet<TenantName>,
    /// Contacts they are engaged in now: offered, connected or in wrap-up. An engagement opens its
    /// contact whatever its lane and tenant, until it ends.
    pub engaged: BTreeSet<ContactId>,
}

impl Viewer {
    /// The viewer a member of staff is. The operator's own contacts, those of the tenant named like the
    /// floor, need no clearance for a tenant.
    pub fn of(agent: &Agent, floor: &FloorName, engaged: BTreeSet<ContactId>) -> Viewer {
        let mut tenants = agent.tenants.clone();
        tenants.insert(TenantName::new(floor.as_str()).expect("a floor's name is a name"));
        Viewer {
            name: agent.name.clone(),
            roles: agent.roles.clone(),
            clearances: agent.clearances.clone(),
            tenants,
            engaged,
        }
    }

    /// Whether they may see a contact of this lane and tenant.
    pub fn may_see(&self, contact: ContactId, lane: Lane, tenant: &TenantName) -> bool {
        let cleared = !lane.is_safeguarding() || self.safeguarding_lanes().any(|open| open == lane);
        self.engaged.contains(&contact) || (cleared && self.tenants.contains(tenant))
    }

    /// The safeguarding lanes open to them. A clearance opens a lane to those who serve and those who
    /// supervise; an administrator or auditor has no business in it (facts 5.7).
    pub fn safeguarding_lanes(&self) -> impl Iterator<Item = Lane> + '_ {
        let serves = self.roles.contains(&Role::Agent) || self.roles.contains(&Role::Supervisor);
        self.clearances.iter().copied().filter(move |lane| serves && lane.is_safeguarding())
    }

    /// Whether they read the audit log.
    pub fn is_dpo(&self) -> bool {
        self.roles.contains(&Role::Dpo)
    }
}
