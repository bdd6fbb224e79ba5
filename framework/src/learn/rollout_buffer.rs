//! The rollout buffer of on-policy agents: the transitions of every replica since the last policy update, in order.

use tch::{Device, Kind, Tensor};

use crate::api::{Mismatch, StateVisitor, Stateful, Transition};
use crate::kernel::{in_memory, values};

/// Transitions in the order in which they were made, up to a horizon.
#[derive(Debug)]
pub struct RolloutBuffer {
    device: Device,
    /// The widths of the seven quantities, in the order of [`RolloutBatch`]'s fields.
    widths: [usize; 7],
    /// The transitions of each replica, one after the other.
    replicas: Vec<Vec<f32>>,
}

/// All transitions of a rollout of `H` steps.
#[derive(Debug)]
pub struct RolloutBatch {
    /// `[R, H, features]`
    pub observation: Tensor,
    /// `[R, H, actions]`
    pub action: Tensor,
    /// `[R, H, 1]`
    pub reward: Tensor,
    /// `[R, H, features]`
    pub next_observation: Tensor,
    /// `[R, H, 1]`, one where the task itself ended.
    pub terminated: Tensor,
    /// `[R, H, 1]`, one where the time limit cut the episode short.
    pub truncated: Tensor,
    /// The step keys of the observations, `[R, H, K]`, if they are stored.
    pub step_keys: Option<Tensor>,
}

impl RolloutBuffer {
    /// An empty buffer whose step keys are `step_key` numbers wide; zero for none.
    pub fn new(
        replicas: i64,
        features: i64,
        actions: i64,
        step_key: usize,
        device: Device,
    ) -> Self {
        let [features, actions] = [features, actions].map(|width| width as usize);
        Self {
            device,
            widths: [features, actions, 1, features, 1, 1, step_key],
            replicas: vec![Vec::new(); replicas as usize],
        }
    }

    /// The number of values in a transition.
    fn width(&self) -> usize {
        self.widths.iter().sum()
    }

    /// The number of transitions held for each replica.
    pub fn len(&self) -> usize {
        self.replicas[0].len() / self.width()
    }

    /// Whether there is nothing to learn from.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds one transition of every replica, with the step keys `[R, 1, K]` of its observations if they are stored.
    pub fn push(&mut self, seen: &Transition<'_>, step_keys: Option<&Tensor>) {
        let quantities = [
            seen.observation,
            seen.action,
            seen.reward,
            seen.next_observation,
            seen.terminated,
            seen.truncated,
        ]
        .map(in_memory);
        for (replica, rows) in self.replicas.iter_mut().enumerate() {
            for (tensor, width) in quantities.iter().chain(step_keys).zip(self.widths) {
                rows.extend_from_slice(&values(tensor)[replica * width..][..width]);
            }
        }
    }

    /// Takes out the whole rollout and leaves the buffer empty.
    pub fn take(&mut self) -> RolloutBatch {
        let (length, width) = (self.len() as i64, self.width() as i64);
        let rows: Vec<f32> = self
            .replicas
            .iter_mut()
            .flat_map(|rows| rows.drain(..))
            .collect();
        let whole = Tensor::from_slice(&rows).view([-1, length, width]);
        let columns = whole.split_with_sizes(self.widths.map(|width| width as i64), -1);
        let mut columns = columns
            .into_iter()
            .map(|column| column.contiguous().to_device(self.device));
        let [
            observation,
            action,
            reward,
            next_observation,
            terminated,
            truncated,
            step_keys,
        ] = std::array::from_fn(|_| columns.next().expect("one for each width"));
        RolloutBatch {
            observation,
            action,
            reward,
            next_observation,
            terminated,
            truncated,
            step_keys: (self.widths[6] > 0).then_some(step_keys),
        }
    }
}

impl Stateful for RolloutBuffer {
    fn visit(&mut self, with: &mut StateVisitor<'_>) -> Result<(), Mismatch> {
        let width = self.width();
        let mut replicas = self.replicas.iter_mut().enumerate();
        replicas.try_for_each(|(replica, rows)| {
            with.rows(&format!("transitions.{replica}"), width, rows)
        })
    }
}

impl RolloutBatch {
    /// Generalised advantage estimates (Schulman et al. 2016, equation 16) of every step, `[R, H, 1]`, from the values of the
    /// observations before and after it, `[R, H, 1]` each. The value after the end of a task is zero; where the time limit
    /// cut an episode, or the rollout ends, the value of the last observation stands for the rest.
    pub fn advantages(
        &self,
        value: &Tensor,
        next_value: &Tensor,
        gamma: f64,
        lambda: f64,
    ) -> Tensor {
        let length = value.size()[1] as usize;
        let [value, next_value, reward, terminated, truncated] = [
            value,
            next_value,
            &self.reward,
            &self.terminated,
            &self.truncated,
        ]
        .map(numbers);
        let mut advantages = vec![0f32; value.len()];
        for replica in (0..value.len()).step_by(length) {
            let mut following = 0.0;
            for step in (replica..replica + length).rev() {
                let goes_on = 1.0 - terminated[step];
                let surprise = reward[step] + gamma * goes_on * next_value[step] - value[step];
                let same_episode = goes_on * (1.0 - truncated[step]);
                following = surprise + gamma * lambda * same_episode * following;
                advantages[step] = following as f32;
            }
        }
        Tensor::from_slice(&advantages)
            .view_as(&self.reward)
            .to_device(self.reward.device())
    }
}

fn numbers(tensor: &Tensor) -> Vec<f64> {
    let tensor = tensor.to_device(Device::Cpu).to_kind(Kind::Double);
    let mut numbers = vec![0.0; tensor.numel()];
    tensor.contiguous().copy_data(&mut numbers, tensor.numel());
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    const GAMMA: f64 = 0.9;
    const LAMBDA: f64 = 0.8;

    /// A rollout of one replica with these rewards and ends of episodes.
    fn rollout(reward: &[f32], terminated: &[f32], truncated: &[f32]) -> RolloutBatch {
        let mut buffer = RolloutBuffer::new(1, 2, 1, 3, Device::Cpu);
        for step in 0..reward.len() {
            let at = |shift: usize| Tensor::from_slice(&[(step + shift) as f32, 0.5]).view([1, 2]);
            let one = |value: f32| Tensor::from_slice(&[value]);
            let seen = Transition {
                observation: &at(0),
                action: &one(10.0 * step as f32).view([1, 1]),
                reward: &one(reward[step]),
                next_observation: &at(1),
                terminated: &one(terminated[step]),
                truncated: &one(truncated[step]),
            };
            let key = Tensor::from_slice(&[7.0, 8.0, step as f32]);
            buffer.push(&seen, Some(&key.view([1, 1, 3])));
        }
        assert_eq!(buffer.len(), reward.len());
        let rollout = buffer.take();
        assert!(buffer.is_empty());
        rollout
    }

    fn column(numbers: &[f32]) -> Tensor {
        Tensor::from_slice(numbers).view([1, -1, 1])
    }

    fn advantages(
        rollout: &RolloutBatch,
        value: &[f32],
        next_value: &[f32],
        lambda: f64,
    ) -> Vec<f64> {
        numbers(&rollout.advantages(&column(value), &column(next_value), GAMMA, lambda))
    }

    #[test]
    fn steps_stay_in_order_and_quantities_together() {
        let rollout = rollout(&[1.0, 2.0, 3.0], &[0.0, 1.0, 0.0], &[0.0, 0.0, 1.0]);
        assert_eq!(rollout.observation.size(), [1, 3, 2]);
        assert!(
            rollout
                .observation
                .select(2, 0)
                .equal(&column(&[0.0, 1.0, 2.0]).squeeze_dim(2))
        );
        assert!(
            rollout
                .next_observation
                .select(2, 0)
                .equal(&column(&[1.0, 2.0, 3.0]).squeeze_dim(2))
        );
        assert!(rollout.action.equal(&column(&[0.0, 10.0, 20.0])));
        assert!(rollout.reward.equal(&column(&[1.0, 2.0, 3.0])));
        assert!(rollout.terminated.equal(&column(&[0.0, 1.0, 0.0])));
        assert!(rollout.truncated.equal(&column(&[0.0, 0.0, 1.0])));
        let keys = [7.0f32, 8.0, 0.0, 7.0, 8.0, 1.0, 7.0, 8.0, 2.0];
        assert!(
            rollout
                .step_keys
                .unwrap()
                .equal(&Tensor::from_slice(&keys).view([1, 3, 3]))
        );
    }

    #[test]
    fn with_lambda_one_the_advantage_is_the_discounted_return_minus_the_value() {
        let rollout = rollout(&[1.0, 2.0, 4.0], &[0.0, 0.0, 1.0], &[0.0; 3]);
        let found = advantages(&rollout, &[0.3, 0.5, 0.7], &[0.5, 0.7, 99.0], 1.0);
        let wanted = [
            1.0 + 0.9 * 2.0 + 0.81 * 4.0 - 0.3,
            2.0 + 0.9 * 4.0 - 0.5,
            4.0 - 0.7,
        ];
        for (found, wanted) in found.iter().zip(wanted) {
            assert!((found - wanted).abs() < 1e-5, "{found} is not {wanted}");
        }
    }

    #[test]
    fn a_truncated_episode_counts_the_value_of_its_last_observation_and_nothing_of_the_next_episode()
     {
        let (value, next_value) = ([0.3, 0.5, 0.7], [0.6, 0.7, 2.0]);
        let cut = rollout(&[1.0, 2.0, 4.0], &[0.0; 3], &[1.0, 0.0, 0.0]);
        let cut = advantages(&cut, &value, &next_value, LAMBDA);
        assert!((cut[0] - (1.0 + 0.9 * 0.6 - 0.3)).abs() < 1e-5, "{cut:?}");
        let ended = rollout(&[1.0, 2.0, 4.0], &[1.0, 0.0, 0.0], &[0.0; 3]);
        let ended = advantages(&ended, &value, &next_value, LAMBDA);
        assert!((ended[0] - (1.0 - 0.3)).abs() < 1e-5, "{ended:?}");
        // Equation 16 over the two steps of the second episode, which is not over yet.
        let [first, last] = [2.0 + 0.9 * 0.7 - 0.5, 4.0 + 0.9 * 2.0 - 0.7];
        assert!(
            (cut[1] - (first + 0.9 * 0.8 * last)).abs() < 1e-5,
            "{cut:?}"
        );
        assert_eq!(cut[1..], ended[1..]);
    }
}
