//! MountainCarContinuous-v0: drive a car out of a valley by building up momentum, with a continuous throttle.
//!
//! A. Moore, *Efficient Memory-Based Learning for Robot Control*, PhD thesis, Cambridge 1990, in the form of Gymnasium
//! 1.4.0,
//! [`continuous_mountain_car.py`](https://github.com/Farama-Foundation/Gymnasium/blob/v1.4.0/gymnasium/envs/classic_control/continuous_mountain_car.py).

use serde::{Deserialize, Serialize};
use spikebench::api::numpy::Generator;
use spikebench::api::{
    ActionSpace, ComponentError, Environment, EnvironmentSettings, Mismatch, Painter,
    ParameterError, Simulator, Spec, StateVisitor, Stateful, Step,
};
use spikebench::register;

use super::bounds::check_finite;
use super::canvas::Sketch;
use super::mountain_car::{SECONDS, draw};

const LEFT_END: f64 = -1.2;
const RIGHT_END: f64 = 0.6;
const LARGEST_VELOCITY: f64 = 0.07;
const GOAL: f64 = 0.45;
const POWER: f64 = 0.0015;
const GRAVITY: f64 = 0.0025;

/// The parameters, with the names and defaults of Gymnasium.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MountainCarContinuous {
    /// The lowest velocity that counts at the goal.
    pub goal_velocity: f64,
}

impl EnvironmentSettings for MountainCarContinuous {
    fn spec(&self) -> Spec {
        Spec {
            observation: 2,
            action: ActionSpace::Box(vec![(-1.0, 1.0)]),
            max_episode_steps: 999,
        }
    }

    fn open(&self) -> Result<Box<dyn Environment>, ComponentError> {
        Ok(Box::new(Driving {
            goal_velocity: self.goal_velocity,
            car: Car::Fresh(0.0),
            generator: Generator::new(0),
        }))
    }

    fn check(&self) -> Result<(), ParameterError> {
        check_finite("goal_velocity", self.goal_velocity)
    }
}

/// The position and the velocity. Gymnasium computes the first step after a reset in `f64` and all others in `f32`.
#[derive(Debug, Clone, Copy)]
enum Car {
    /// The state after a reset, at rest.
    Fresh(f64),
    Moving(f32, f32),
}

#[derive(Debug)]
struct Driving {
    goal_velocity: f64,
    car: Car,
    generator: Generator,
}

impl Environment for Driving {
    fn reset(&mut self, seed: Option<u64>) -> Vec<f64> {
        if let Some(seed) = seed {
            self.generator = Generator::new(seed);
        }
        let position = self.generator.uniform(-0.6, -0.4);
        self.car = Car::Fresh(position);
        vec![f64::from(position as f32), 0.0]
    }

    fn step(&mut self, action: &[f32]) -> Step {
        let throttle = action[0];
        let (position, velocity) = match self.car {
            Car::Fresh(position) => {
                let slope = GRAVITY * (3.0 * position).cos();
                let velocity = change(throttle, slope).clamp(-LARGEST_VELOCITY, LARGEST_VELOCITY);
                let position = (position + velocity).clamp(LEFT_END, RIGHT_END);
                (position as f32, velocity as f32)
            }
            Car::Moving(position, velocity) => {
                let slope = GRAVITY * f64::from(3.0 * position).cos();
                let limit = LARGEST_VELOCITY as f32;
                let velocity = (velocity + change(throttle, slope) as f32).clamp(-limit, limit);
                let position = (position + velocity).clamp(LEFT_END as f32, RIGHT_END as f32);
                (position, velocity)
            }
        };
        let is_stopped = position == LEFT_END as f32 && velocity < 0.0;
        let velocity = if is_stopped { 0.0 } else { velocity };
        self.car = Car::Moving(position, velocity);

        let terminated = position >= GOAL as f32 && velocity >= self.goal_velocity as f32;
        let prize = if terminated { 100.0 } else { 0.0 };
        Step {
            observation: vec![f64::from(position), f64::from(velocity)],
            reward: prize - f64::from(throttle).powi(2) * 0.1,
            terminated,
        }
    }

    fn simulator(&self) -> Option<&dyn Simulator> {
        Some(self)
    }
}

impl Stateful for Driving {
    fn visit(&mut self, with: &mut StateVisitor<'_>) -> Result<(), Mismatch> {
        let (mut is_fresh, mut position, mut velocity) = match self.car {
            Car::Fresh(position) => (true, position, 0.0),
            Car::Moving(position, velocity) => (false, position.into(), velocity.into()),
        };
        with.flag("is_fresh", &mut is_fresh)?;
        with.number("position", &mut position)?;
        with.number("velocity", &mut velocity)?;
        self.car = if is_fresh {
            Car::Fresh(position)
        } else {
            Car::Moving(position as f32, velocity as f32)
        };
        with.part("generator", &mut self.generator)
    }
}

impl Simulator for Driving {
    fn seconds_per_step(&self) -> f64 {
        SECONDS
    }

    fn pose(&self) -> Vec<f64> {
        let position = match self.car {
            Car::Fresh(position) => position,
            Car::Moving(position, _) => f64::from(position),
        };
        vec![position, GOAL]
    }

    fn painter(&self) -> Result<Box<dyn Painter>, ComponentError> {
        Ok(Box::new(Sketch(draw)))
    }
}

/// The change of the velocity in one step, computed in `f32` unless the throttle is clipped, which makes it a Python number.
fn change(throttle: f32, slope: f64) -> f64 {
    if throttle.abs() > 1.0 {
        f64::from(throttle.signum()) * POWER - slope
    } else {
        f64::from(throttle * POWER as f32 - slope as f32)
    }
}

register! {
    /// Drive a car out of a valley with a continuous throttle (Gymnasium).
    environment "MountainCarContinuous-v0" => MountainCarContinuous
}

spikebench::conforms!(environment "MountainCarContinuous-v0");
