//! MountainCar-v0: drive a car out of a valley by building up momentum, with full throttle in either direction.
//!
//! A. Moore, *Efficient Memory-Based Learning for Robot Control*, PhD thesis, Cambridge 1990, in the form of Gymnasium
//! 1.4.0,
//! [`mountain_car.py`](https://github.com/Farama-Foundation/Gymnasium/blob/v1.4.0/gymnasium/envs/classic_control/mountain_car.py).

use serde::{Deserialize, Serialize};
use spikebench::api::numpy::Generator;
use spikebench::api::{
    ActionSpace, ComponentError, Environment, EnvironmentSettings, Mismatch, Painter,
    ParameterError, Picture, Simulator, Spec, StateVisitor, Stateful, Step,
};
use spikebench::register;

use super::bounds::check_finite;
use super::canvas::{BLACK, Canvas, GREEN, RED, Sketch};

/// The length of a step for films: Gymnasium shows 30 steps per second.
pub(super) const SECONDS: f64 = 1.0 / 30.0;
const LEFT_END: f64 = -1.2;
const RIGHT_END: f64 = 0.6;
const LARGEST_VELOCITY: f64 = 0.07;
const GOAL: f64 = 0.5;
const FORCE: f64 = 0.001;
const GRAVITY: f64 = 0.0025;

/// The parameters, with the names and defaults of Gymnasium.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MountainCar {
    /// The lowest velocity that counts at the goal.
    pub goal_velocity: f64,
}

impl EnvironmentSettings for MountainCar {
    fn spec(&self) -> Spec {
        Spec {
            observation: 2,
            action: ActionSpace::Discrete(3),
            max_episode_steps: 200,
        }
    }

    fn open(&self) -> Result<Box<dyn Environment>, ComponentError> {
        Ok(Box::new(Driving {
            goal_velocity: self.goal_velocity,
            position: 0.0,
            velocity: 0.0,
            generator: Generator::new(0),
        }))
    }

    fn check(&self) -> Result<(), ParameterError> {
        check_finite("goal_velocity", self.goal_velocity)
    }
}

#[derive(Debug)]
struct Driving {
    goal_velocity: f64,
    position: f64,
    velocity: f64,
    generator: Generator,
}

impl Environment for Driving {
    fn reset(&mut self, seed: Option<u64>) -> Vec<f64> {
        if let Some(seed) = seed {
            self.generator = Generator::new(seed);
        }
        self.position = self.generator.uniform(-0.6, -0.4);
        self.velocity = 0.0;
        self.observation()
    }

    /// Action 0 drives to the left, 1 coasts, 2 drives to the right.
    fn step(&mut self, action: &[f32]) -> Step {
        let throttle = f64::from(action[0]) - 1.0;
        let change = throttle * FORCE + (3.0 * self.position).cos() * -GRAVITY;
        self.velocity = (self.velocity + change).clamp(-LARGEST_VELOCITY, LARGEST_VELOCITY);
        self.position = (self.position + self.velocity).clamp(LEFT_END, RIGHT_END);
        if self.position == LEFT_END && self.velocity < 0.0 {
            self.velocity = 0.0;
        }
        Step {
            observation: self.observation(),
            reward: -1.0,
            terminated: self.position >= GOAL && self.velocity >= self.goal_velocity,
        }
    }

    fn simulator(&self) -> Option<&dyn Simulator> {
        Some(self)
    }
}

impl Stateful for Driving {
    fn visit(&mut self, with: &mut StateVisitor<'_>) -> Result<(), Mismatch> {
        with.number("position", &mut self.position)?;
        with.number("velocity", &mut self.velocity)?;
        with.part("generator", &mut self.generator)
    }
}

impl Simulator for Driving {
    fn seconds_per_step(&self) -> f64 {
        SECONDS
    }

    fn pose(&self) -> Vec<f64> {
        vec![self.position, GOAL]
    }

    fn painter(&self) -> Result<Box<dyn Painter>, ComponentError> {
        Ok(Box::new(Sketch(draw)))
    }
}

impl Driving {
    /// The observation, rounded to `f32` as returned by Gymnasium.
    fn observation(&self) -> Vec<f64> {
        [self.position, self.velocity]
            .map(|value| f64::from(value as f32))
            .to_vec()
    }
}

/// Draws the car in the valley and its goal.
pub(super) fn draw(pose: &[f64]) -> Picture {
    let [position, goal] = pose else {
        unreachable!("a car and a goal")
    };
    let ground = |x: f64| [x + 0.3, 0.45 * (3.0 * x).sin()];
    let mut canvas = Canvas::new(2.0);
    let width = (RIGHT_END - LEFT_END) / 60.0;
    for piece in 0..60 {
        let left = LEFT_END + f64::from(piece) * width;
        canvas.line(ground(left), ground(left + width), 0.015, BLACK);
    }
    let [x, y] = ground(*goal);
    canvas.line([x, y], [x, y + 0.2], 0.015, GREEN);
    let [x, y] = ground(*position);
    canvas.disc([x, y + 0.04], 0.08, RED);
    canvas.picture()
}

register! {
    /// Drive a car out of a valley with three actions (Gymnasium).
    environment "MountainCar-v0" => MountainCar
}

spikebench::conforms!(environment "MountainCar-v0");
