use greenroom_storage::{Store, fault_point};
use ractor::{Actor, ActorProcessingErr, ActorRef};

use super::command::StoreCommand;
use super::readers::Readers;
use crate::address::{Address, Birth};

pub(crate) struct StoreActor;

pub(crate) struct StoreState {
    myself: Address<StoreCommand>,
    store: Store,
    readers: Readers,
}

impl Actor for StoreActor {
    type Msg = StoreCommand;
    type State = StoreState;
    type Arguments = Birth<Store>;

    async fn pre_start(
        &self,
        myself: ActorRef<StoreCommand>,
        birth: Self::Arguments,
    ) -> Result<StoreState, ActorProcessingErr> {
        let (myself, store) = birth.of(myself);
        let readers = Readers::new(store.clone());
        Ok(StoreState { myself, store, readers })
    }

    async fn handle(
        &self,
        _: ActorRef<StoreCommand>,
        command: StoreCommand,
        state: &mut StoreState,
    ) -> Result<(), ActorProcessingErr> {
        let in_hand = state.myself.vitals().begin(&command);
        match command {
            StoreCommand::Submit(intent) => {
                fault_point::pass("store.submit");
                state.store.submit(intent);
            }
            StoreCommand::Read(job) => state.readers.read(move |store| job(store)),
            StoreCommand::LookUp(look_up) => state.readers.read(look_up),
            StoreCommand::Suffer(fault) => fault.suffer().await,
        }
        state.myself.vitals().done(&in_hand);
        Ok(())
    }
}
