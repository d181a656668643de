use super::command::RelayCommand;
use crate::address::Address;
use crate::call::{self, CallError};
use crate::fault::Fault;
use crate::ledger::Deliveries;

/// One incarnation of a relay.
#[derive(Clone)]
pub(crate) struct RelayHandle(Address<RelayCommand>);

impl RelayHandle {
    pub(crate) fn new(relay: Address<RelayCommand>) -> Self {
        Self(relay)
    }

    /// What its room tells it, which alone knows the order.
    pub(crate) fn tell(&self, command: RelayCommand) {
        self.0.tell(command);
    }

    pub(crate) fn close(&self) {
        self.0.tell(RelayCommand::Close);
    }

    pub(crate) fn suffer(&self, fault: Fault) {
        self.0.tell(RelayCommand::Suffer(fault));
    }

    pub(crate) async fn audit(&self) -> Result<Deliveries, CallError> {
        call::ask(Some(self.0.clone()), |reply| RelayCommand::Audit { reply }).await
    }
}
