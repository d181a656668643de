use std::sync::Arc;

use greenroom_storage::{Store, fault_point};
use ractor::{Actor, ActorProcessingErr, ActorRef};
use tokio::sync::Semaphore;

use super::command::StoreCommand;
use crate::address::{Address, Birth};

/// Reads under way at once. More would only queue on the same disk, each with a thread of its own.
const READERS: usize = 8;

pub(crate) struct StoreActor;

pub(crate) struct StoreState {
    myself: Address<StoreCommand>,
    store: Store,
    readers: Arc<Semaphore>,
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
        Ok(StoreState { myself, store, readers: Arc::new(Semaphore::new(READERS)) })
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
            StoreCommand::Read(job) => state.read(move |store| job(store)),
            StoreCommand::LookUp(look_up) => state.read(look_up),
            StoreCommand::Suffer(fault) => fault.suffer().await,
        }
        state.myself.vitals().done(&in_hand);
        Ok(())
    }
}

impl StoreState {
    fn read(&self, job: impl FnOnce(&Store) + Send + 'static) {
        let (store, readers) = (self.store.clone(), Arc::clone(&self.readers));
        tokio::spawn(async move {
            // The semaphore is never closed.
            if let Ok(_reader) = readers.acquire().await {
                // A panic in the job (sled has some) drops its answer, and the caller learns that way.
                let read = move || {
                    fault_point::pass("store.read");
                    job(&store);
                };
                let _panicked = tokio::task::spawn_blocking(read).await;
            }
        });
    }
}
