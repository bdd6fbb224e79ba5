//! CartPole-v1: balance a pole on a cart by pushing the cart to the left and to the right.
//!
//! A. Barto, R. Sutton, C. Anderson, *Neuronlike adaptive elements that can solve difficult learning control problems*,
//! IEEE Transactions on Systems, Man, and Cybernetics 13, 1983, in the form of Gymnasium 1.4.0,
//! [`cartpole.py`](https://github.com/Farama-Foundation/Gymnasium/blob/v1.4.0/gymnasium/envs/classic_control/cartpole.py).

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};
use spikebench::api::numpy::Generator;
use spikebench::api::{
    ActionSpace, ComponentError, Environment, EnvironmentSettings, Mismatch, Painter, Picture,
    Simulator, Spec, StateVisitor, Stateful, Step,
};
use spikebench::register;

use super::canvas::{BLACK, BROWN, Canvas, Sketch};

/// Gravity in metres per second squared.
const GRAVITY: f64 = 9.8;
/// The mass of the pole in kilograms.
const POLE_MASS: f64 = 0.1;
/// The mass of cart and pole together, in kilograms.
const TOTAL_MASS: f64 = POLE_MASS + 1.0;
/// Half the length of the pole, in metres.
const LENGTH: f64 = 0.5;
/// The force of a push in newtons.
const FORCE: f64 = 10.0;
/// The length of a step in seconds.
const SECONDS: f64 = 0.02;
/// The position in metres beyond which the task ends.
const FARTHEST: f64 = 2.4;
/// The angle in radians (twelve degrees) beyond which the task ends.
const STEEPEST: f64 = 12.0 * 2.0 * PI / 360.0;

/// The parameters, with the names and defaults of Gymnasium.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CartPole {
    /// Whether a step is rewarded by 0, and by -1 where the task ends, instead of by 1 throughout.
    pub sutton_barto_reward: bool,
}

impl EnvironmentSettings for CartPole {
    fn spec(&self) -> Spec {
        Spec {
            observation: 4,
            action: ActionSpace::Discrete(2),
            max_episode_steps: 500,
        }
    }

    fn open(&self) -> Result<Box<dyn Environment>, ComponentError> {
        Ok(Box::new(Balancing {
            sutton_barto_reward: self.sutton_barto_reward,
            state: [0.0; 4],
            has_ended: false,
            generator: Generator::new(0),
        }))
    }
}

#[derive(Debug)]
struct Balancing {
    sutton_barto_reward: bool,
    /// The cart's position and velocity, in metres; the pole's angle and velocity, in radians, zero when upright.
    state: [f64; 4],
    /// Whether the task has already ended; further steps are allowed but earn nothing.
    has_ended: bool,
    generator: Generator,
}

impl Environment for Balancing {
    fn reset(&mut self, seed: Option<u64>) -> Vec<f64> {
        if let Some(seed) = seed {
            self.generator = Generator::new(seed);
        }
        self.state = [(); 4].map(|()| self.generator.uniform(-0.05, 0.05));
        self.has_ended = false;
        self.observation()
    }

    /// Action 0 pushes to the left, 1 to the right.
    fn step(&mut self, action: &[f32]) -> Step {
        const POLE_MOMENT: f64 = POLE_MASS * LENGTH;

        let [place, velocity, angle, turn] = self.state;
        let force = if action[0] == 1.0 { FORCE } else { -FORCE };
        let (sine, cosine) = (angle.sin(), angle.cos());
        let push = (force + POLE_MOMENT * (turn * turn) * sine) / TOTAL_MASS;
        let turning = (GRAVITY * sine - cosine * push)
            / (LENGTH * (4.0 / 3.0 - POLE_MASS * (cosine * cosine) / TOTAL_MASS));
        let acceleration = push - POLE_MOMENT * turning * cosine / TOTAL_MASS;
        self.state = [
            place + SECONDS * velocity,
            velocity + SECONDS * acceleration,
            angle + SECONDS * turn,
            turn + SECONDS * turning,
        ];

        let [place, _, angle, _] = self.state;
        let terminated = place.abs() > FARTHEST || angle.abs() > STEEPEST;
        let reward = match (self.sutton_barto_reward, terminated) {
            (true, false) => 0.0,
            (true, true) => -1.0,
            (false, true) if self.has_ended => 0.0,
            (false, _) => 1.0,
        };
        self.has_ended |= terminated;
        Step {
            observation: self.observation(),
            reward,
            terminated,
        }
    }

    fn simulator(&self) -> Option<&dyn Simulator> {
        Some(self)
    }
}

impl Stateful for Balancing {
    fn visit(&mut self, with: &mut StateVisitor<'_>) -> Result<(), Mismatch> {
        with.numbers("state", &mut self.state)?;
        with.flag("has_ended", &mut self.has_ended)?;
        with.part("generator", &mut self.generator)
    }
}

impl Simulator for Balancing {
    fn seconds_per_step(&self) -> f64 {
        SECONDS
    }

    fn pose(&self) -> Vec<f64> {
        vec![self.state[0], self.state[2]]
    }

    fn painter(&self) -> Result<Box<dyn Painter>, ComponentError> {
        Ok(Box::new(Sketch(draw)))
    }
}

impl Balancing {
    /// The observation, rounded to `f32` as returned by Gymnasium.
    fn observation(&self) -> Vec<f64> {
        self.state.map(|value| f64::from(value as f32)).to_vec()
    }
}

/// Draws a pose; lengths are in metres.
fn draw(pose: &[f64]) -> Picture {
    let [place, angle] = pose else {
        unreachable!("a place and an angle")
    };
    let height = -0.6;
    let mut canvas = Canvas::new(2.0 * FARTHEST + 0.4);
    canvas.line([-FARTHEST, height], [FARTHEST, height], 0.03, BLACK);
    canvas.line([place - 0.2, height], [place + 0.2, height], 0.25, BLACK);
    let end = [
        place + 2.0 * LENGTH * angle.sin(),
        height + 2.0 * LENGTH * angle.cos(),
    ];
    canvas.line([*place, height], end, 0.1, BROWN);
    canvas.picture()
}

register! {
    /// Balance a pole on a cart by pushing to either side (Gymnasium).
    environment "CartPole-v1" => CartPole
}

spikebench::conforms!(environment "CartPole-v1");
