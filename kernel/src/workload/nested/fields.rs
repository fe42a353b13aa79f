//! Enums, structs, tuples, arrays, references and boxes.

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::hint::black_box;

use super::Shared;
use super::facts::facts;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Light {
    Red = 1,
    Amber = 5,
    Green = 9,
}

#[derive(Clone, Debug)]
pub enum Shape {
    Dot,
    Circle(u32),
    Box { width: u16, height: u16 },
}

#[derive(Clone, Copy, Debug)]
pub struct Point {
    pub x: i32,
    pub y: i32,
}

#[derive(Clone, Copy, Debug)]
pub struct Metres(pub u64);

impl Shape {
    fn area(&self) -> u64 {
        match *self {
            Shape::Dot => 0,
            Shape::Circle(radius) => 3 * u64::from(radius) * u64::from(radius),
            Shape::Box { width, height } => u64::from(width) * u64::from(height),
        }
    }
}

pub async fn outer(shared: Arc<Shared>, n: u64) {
    let light = black_box(Light::Amber);
    let other = black_box(if n > 5 { Light::Red } else { Light::Green });
    let dot = black_box(Shape::Dot);
    let circle = black_box(Shape::Circle(12));
    let rectangle = black_box(Shape::Box { width: 30, height: 40 });
    facts!("nested::fields::outer", 0, n, light, other, dot, circle, rectangle);
    let depth = middle(&shared, &rectangle).await;
    let areas = dot.area() + circle.area() + rectangle.area();
    shared.digest(depth + light as u64 + other as u64 + areas + n);
}

async fn middle(shared: &Shared, shape: &Shape) -> u64 {
    let point = black_box(Point { x: -4, y: 9 });
    let length = black_box(Metres(850));
    let pair: (u8, char) = black_box((42, 'k'));
    let array: [u16; 4] = black_box([10, 20, 30, 40]);
    facts!("nested::fields::middle", 1, shape, point, length, pair, array);
    let depth = inner(shared, &array).await;
    let sum: u16 = array.iter().sum();
    let point = point.x.unsigned_abs() + point.y.unsigned_abs();
    depth + u64::from(sum) + u64::from(point) + length.0 + u64::from(pair.0) + shape.area()
}

async fn inner(shared: &Shared, array: &[u16; 4]) -> u64 {
    let third: &u16 = &array[2];
    let boxed: Box<u64> = black_box(Box::new(77));
    let boxed_point = black_box(Box::new(Point { x: 1, y: 2 }));
    let counted: Arc<u32> = black_box(Arc::new(606));
    facts!("nested::fields::inner", 2, array, third, boxed, boxed_point, counted);
    shared.gate.wait().await;
    let point = boxed_point.x.unsigned_abs() + boxed_point.y.unsigned_abs();
    u64::from(*third) + *boxed + u64::from(point) + u64::from(*counted) + array.len() as u64
}
